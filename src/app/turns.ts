/** Work that is done one piece after the other, whoever brings it. */

export type InTurn = <Result>(work: () => Promise<Result>) => Promise<Result>

export function makeTurns(): InTurn {
  let last: Promise<unknown> = Promise.resolve()
  return (work) => {
    const mine = last.then(work)
    // One that fails is its bringer's matter alone.
    last = mine.catch(() => {})
    return mine
  }
}

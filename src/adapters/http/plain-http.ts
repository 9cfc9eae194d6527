/** Where plain HTTP is safe enough: on this machine, and where the user says so. */

/** Whether the host, `<name>[:port]`, is this machine itself. */
export function isLoopback(host: string): boolean {
  const name = host.replace(/:\d+$/, '').toLowerCase()
  return name === 'localhost' || name === '[::1]' || /^127(?:\.\d{1,3}){3}$/.test(name)
}

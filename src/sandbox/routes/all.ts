import type { Route } from '../http/router.ts'
import { accountRoutes } from './accounts.ts'
import { actionsRoutes } from './actions.ts'
import { appRoutes } from './app.ts'
import { artifactRoutes } from './artifacts.ts'
import { blobRoutes } from './blobs.ts'
import { branchRoutes } from './branches.ts'
import { cacheRoutes } from './caches.ts'
import { checkRoutes } from './checks.ts'
import { contentRoutes } from './contents.ts'
import { deploymentRoutes } from './deployments.ts'
import { gitRoutes } from './git.ts'
import { issueEditRoutes } from './issue-edits.ts'
import { issueRoutes } from './issues.ts'
import { labelRoutes } from './labels.ts'
import { packageRoutes } from './packages.ts'
import { pullRoutes } from './pulls.ts'
import { releaseRoutes } from './releases.ts'
import { repositoryRoutes } from './repositories.ts'
import { teamRoutes } from './teams.ts'

/** Every route of the REST API; the first that matches answers. */
export const allRoutes: readonly Route[] = [
  ...appRoutes,
  ...repositoryRoutes,
  ...contentRoutes,
  ...pullRoutes,
  ...checkRoutes,
  ...branchRoutes,
  ...gitRoutes,
  ...actionsRoutes,
  ...artifactRoutes,
  ...deploymentRoutes,
  ...teamRoutes,
  ...blobRoutes,
  ...cacheRoutes,
  ...releaseRoutes,
  ...packageRoutes,
  ...accountRoutes,
  ...issueEditRoutes,
  ...labelRoutes,
  ...issueRoutes,
]

import type { RouteTable } from '../api/call.ts'

/** Everything the simulator serves below /nodes/{node}/qemu. */
export const qemuRoutes: RouteTable = {}

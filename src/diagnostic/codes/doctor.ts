import type { CodeTable } from '../code-table.ts'

export const doctorCodes = {
  'doctor.open-files': { severity: 'warning', summary: 'Others can read or change files of the workspace' },
  'doctor.little-room': { severity: 'warning', summary: 'The disk of the workspace is nearly full' },
  'doctor.clock-differs': { severity: 'warning', summary: 'A node has another time' },
  'doctor.guest-gone': { severity: 'warning', summary: 'A managed guest is not on the server' },
  'doctor.guest-taken': { severity: 'warning', summary: 'Another guest has the VMID of a managed one' },
  'doctor.idle-rule': { severity: 'warning', summary: 'A rule protects nothing' },
} as const satisfies CodeTable

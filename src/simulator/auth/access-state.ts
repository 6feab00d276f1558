/** A user of the cluster. `expire` in seconds since 1970, 0 for never. */
export type User = {
  readonly userid: string
  enable: boolean
  expire: number
  firstname?: string
  lastname?: string
  email?: string
  comment?: string
  keys?: string
  /** Clear text: this is a simulator. Nothing for users whose realm keeps no password here. */
  password?: string
  /** More passwords that are taken until one is set: the recorded node's own, beside the one it is started with. */
  otherPasswords?: readonly string[]
  readonly tokens: Map<string, Token>
}

export type Token = { readonly tokenid: string; expire: number; privsep: boolean; comment?: string; secret: string }

export type Group = { readonly groupid: string; comment?: string; readonly users: Set<string> }

export type Role = { readonly roleid: string; readonly privileges: Set<string>; readonly special: boolean }

export type AclEntry = {
  readonly path: string
  readonly type: 'user' | 'group' | 'token'
  /** User id, group id or full token id. */
  readonly ugid: string
  readonly roleid: string
  readonly propagate: boolean
}

export type Realm = { readonly realm: string; readonly type: string; options: Record<string, string> }

/** Who may do what. `generation` must be counted up by every change, since permissions are kept until it changes. */
export type AccessState = {
  readonly users: Map<string, User>
  readonly groups: Map<string, Group>
  readonly roles: Map<string, Role>
  readonly realms: Map<string, Realm>
  acl: AclEntry[]
  generation: number
}

const vm =
  'VM.Allocate VM.Audit VM.Backup VM.Clone VM.Config.CDROM VM.Config.CPU VM.Config.Cloudinit VM.Config.Disk VM.Config.HWType VM.Config.Memory VM.Config.Network VM.Config.Options VM.Console VM.GuestAgent.Audit VM.GuestAgent.FileRead VM.GuestAgent.FileSystemMgmt VM.GuestAgent.FileWrite VM.GuestAgent.Unrestricted VM.Migrate VM.PowerMgmt VM.Replicate VM.Snapshot VM.Snapshot.Rollback'
const store = 'Datastore.Allocate Datastore.AllocateSpace Datastore.AllocateTemplate Datastore.Audit'
const admin = `${store} Group.Allocate Mapping.Audit Mapping.Use Pool.Allocate Pool.Audit Realm.AllocateUser SDN.Allocate SDN.Audit SDN.Use Sys.Audit Sys.Console Sys.Syslog User.Modify ${vm}`

/** PVE's own roles and their privileges, as PVE 9.2 lists them. */
const builtinRoles: Readonly<Record<string, string>> = {
  Administrator: `${admin} Mapping.Modify Permissions.Modify Realm.Allocate Sys.AccessNetwork Sys.Incoming Sys.Modify Sys.PowerMgmt`,
  PVEAdmin: admin,
  PVEAuditor: 'Datastore.Audit Mapping.Audit Pool.Audit SDN.Audit Sys.Audit VM.Audit VM.GuestAgent.Audit',
  PVEDatastoreAdmin: store,
  PVEDatastoreUser: 'Datastore.AllocateSpace Datastore.Audit',
  PVEMappingAdmin: 'Mapping.Audit Mapping.Modify Mapping.Use',
  PVEMappingUser: 'Mapping.Audit Mapping.Use',
  PVEPoolAdmin: 'Pool.Allocate Pool.Audit',
  PVEPoolUser: 'Pool.Audit',
  PVESDNAdmin: 'SDN.Allocate SDN.Audit SDN.Use',
  PVESDNUser: 'SDN.Audit SDN.Use',
  PVESysAdmin: 'Sys.Audit Sys.Console Sys.Syslog',
  PVETemplateUser: 'VM.Audit VM.Clone',
  PVEUserAdmin: 'Group.Allocate Realm.AllocateUser User.Modify',
  PVEVMAdmin: vm,
  PVEVMUser:
    'VM.Audit VM.Backup VM.Config.CDROM VM.Config.Cloudinit VM.Console VM.GuestAgent.Audit VM.GuestAgent.FileRead VM.GuestAgent.FileSystemMgmt VM.GuestAgent.FileWrite VM.PowerMgmt',
  NoAccess: '',
}

/** All privileges there are. */
export const allPrivileges: ReadonlySet<string> = new Set(builtinRoles['Administrator']?.split(' '))

/** An access tree with root, PVE's roles and the two built-in realms. */
export const makeAccess = (rootPassword: string): AccessState => ({
  users: new Map([
    ['root@pam', { userid: 'root@pam', enable: true, expire: 0, password: rootPassword, tokens: new Map() }],
  ]),
  groups: new Map(),
  roles: new Map(
    Object.entries(builtinRoles).map(([roleid, privileges]) => [
      roleid,
      { roleid, privileges: new Set(privileges.split(' ').filter((name) => name !== '')), special: true },
    ]),
  ),
  realms: new Map([
    ['pam', { realm: 'pam', type: 'pam', options: { comment: 'Linux PAM standard authentication' } }],
    ['pve', { realm: 'pve', type: 'pve', options: { comment: 'Proxmox VE authentication server' } }],
  ]),
  acl: [],
  generation: 0,
})

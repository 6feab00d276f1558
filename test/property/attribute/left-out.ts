/** What is tried in no circle of a guest that exists, and why. */
export const LEFT_OUT: Readonly<Record<string, string>> = {
  'vm cpu.reported-model': 'PVE takes it in custom CPU models only',
  'container network.net1.type': 'PVE knows one value, `veth`, and writes it by itself',
  'container rootfs.storage': 'a container always has one; the rollback tests move it',
  'container rootfs.size': 'a container always has one, and it never shrinks; the growth tests grow it',
  'container rootfs.volume': 'another root file system is a disk replacement, with tests of its own',
  'container unprivileged': 'another value makes the container anew, with tests of its own',
}

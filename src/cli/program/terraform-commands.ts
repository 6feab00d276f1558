/** What Terraform's users type that mpc does otherwise, and how. */
const INSTEAD: { readonly [command: string]: string } = {
  console: "One expression is evaluated with: mpc eval '…'",
  destroy: 'Remove the blocks of what is to go and apply, or undo a finished plan with: mpc revert <plan-id>',
  providers: 'There are no providers: mpc talks to Proxmox VE itself',
  refresh: 'The cluster is read with: mpc sync',
  taint: 'Re-create a guest with mpc apply --replace ADDRESS, or with replace_triggered_by in its lifecycle',
  test: 'Declarations are checked with mpc validate, and tried on a simulated cluster with: mpc simulate',
  version: 'The version is shown by: mpc --version',
  workspace: 'A workspace is a folder: choose one with -C',
}

/** What to do in mpc instead of a command of Terraform's; undefined for any other word. */
export const insteadOf = (command: string): string | undefined =>
  Object.hasOwn(INSTEAD, command) ? INSTEAD[command] : undefined

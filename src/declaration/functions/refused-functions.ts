/**
 * Functions of Terraform that give another result in every run. A plan is made of nothing but declarations and what was seen of the cluster, so
 * that a second plan after an apply is empty; these would never let it be.
 */
const REFUSED: { readonly [name: string]: string } = {
  uuid: 'Use uuidv5("dns", "name"), which returns the same identifier for the same name, or set one in a variable.',
  bcrypt:
    'Put the finished hash into a variable with sensitive = true. Guest passwords (cipassword, password) are set in plain text and hashed by Proxmox VE.',
}

/** Why there is no function of this name, and what to use instead; undefined for any other name. */
export const refusedFunction = (name: string): string | undefined => {
  const instead = Object.hasOwn(REFUSED, name) ? REFUSED[name] : undefined
  return instead && `${name}() returns a different result in every run, so no plan would ever be empty. ${instead}`
}

/**
 * Functions of Terraform that give another result in every run. A plan is made of nothing but declarations and what was seen of the cluster, so
 * that a second plan after an apply is empty; these would never let it be.
 */
const REFUSED: { readonly [name: string]: string } = {
  uuid: 'Use uuidv5("dns", "name"), which gives one name the same identifier every time, or write one down in a variable.',
  bcrypt:
    'Put the finished hash into a variable with sensitive = true. The passwords of guests (cipassword, password) are given in plain and hashed by PVE.',
}

/** Why there is no function of this name, and what to use instead; undefined for any other name. */
export const refusedFunction = (name: string): string | undefined => {
  const instead = Object.hasOwn(REFUSED, name) ? REFUSED[name] : undefined
  return instead && `${name}() gives another result in every run, so no plan would ever be empty. ${instead}`
}

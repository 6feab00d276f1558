/** Makes the compiler reject a `switch` that forgets a case; reaching it at run time is a bug. */
export const assertNever = (value: never): never => {
  throw new Error(`unhandled case: ${JSON.stringify(value)}`)
}

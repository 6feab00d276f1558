/** A run that a bug has ended after it had sent something: what it did stands, and is left to a recovery. */
export class BrokenRun extends Error {
  readonly run: string

  constructor(run: string, cause: unknown) {
    super(cause instanceof Error ? cause.message : String(cause), { cause })
    this.name = 'BrokenRun'
    this.run = run
  }
}

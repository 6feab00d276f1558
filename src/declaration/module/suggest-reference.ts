import { didYouMean } from '../../util/did-you-mean.ts'

const splitAt = (path: string): readonly [string, string] => {
  const dot = path.lastIndexOf('.')
  return [path.slice(0, dot + 1), path.slice(dot + 1)]
}

/** ` Did you mean "vm.web"?` for `vm.wbe`: what is meant differs in its last name, or in what stands before it, hardly in both. */
export const suggestReference = (written: string, known: Iterable<string>): string => {
  const all = [...known]
  const [before, name] = splitAt(written)
  const beside = new Map(
    all.flatMap((path) => (splitAt(path)[0] === before ? [[splitAt(path)[1], path] as const] : [])),
  )
  const near = didYouMean(name, beside.keys())
  const meant = near === undefined ? all.find((path) => splitAt(path)[1] === name) : beside.get(near)
  return meant === undefined ? '' : ` Did you mean "${meant}"?`
}

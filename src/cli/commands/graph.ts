import { dependencyGraph } from '../../declaration/graph/dependency-graph.ts'
import { hasErrors } from '../../diagnostic/diagnostic.ts'
import { EXIT } from '../exit-code.ts'
import type { RunCommand } from '../program/command-context.ts'
import { loadHere } from '../session/load-declarations.ts'

export const run: RunCommand<'graph'> = async (context, input) => {
  const { global, print, printJson, report } = context
  const { value, diagnostics } = await loadHere(context, input)
  report(diagnostics, value?.sources)
  if (!value || hasErrors(diagnostics)) return EXIT.error
  const graph = dependencyGraph(value.desired.resources)
  if (global.json) printJson({ type: 'graph', ...graph })
  else if (input.options.format === 'mermaid') {
    const { mermaidText } = await import('../../declaration/graph/mermaid-text.ts')
    print(mermaidText(graph))
  } else {
    const { dotText } = await import('../../declaration/graph/dot-text.ts')
    print(dotText(graph))
  }
  return EXIT.done
}

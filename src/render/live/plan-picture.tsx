import { Box, Text } from 'ink'
import type { ReactNode } from 'react'
import { type AttributeView, type PlanView, type ResourceView, requestLine, type StepView } from '../plan-view.ts'
import { signTone } from '../style.ts'
import { Toned } from './toned.tsx'

/** A value too long to stand beside its name comes below it, whole. */
const Named = ({ label, children }: { readonly label: ReactNode; readonly children: ReactNode }) => (
  <Box paddingLeft={10} flexWrap="wrap">
    <Box marginLeft={-4} flexShrink={0}>
      <Text>{label}</Text>
    </Box>
    <Text>{children}</Text>
  </Box>
)

/** Further lines of a value; what of one does not fit comes below its own beginning. */
const Below = ({ lines }: { readonly lines: readonly string[] }) =>
  lines.map((line, at) => {
    const [margin = ''] = /^(?:[-+] )? */.exec(line) ?? []
    return (
      // biome-ignore lint/suspicious/noArrayIndexKey: lines have no other identity, and are drawn once
      <Box key={at} paddingLeft={6}>
        <Box flexShrink={0}>
          <Toned tone={signTone(line)}>{margin}</Toned>
        </Box>
        <Toned tone={signTone(line)}>{line.slice(margin.length) || ' '}</Toned>
      </Box>
    )
  })

const Attribute = ({ attribute, width }: { readonly attribute: AttributeView; readonly width: number }) => (
  <>
    <Named
      label={
        <>
          <Toned tone={attribute.tone}>{attribute.symbol}</Toned>
          {` ${attribute.name.padEnd(width)} = `}
        </>
      }
    >
      {attribute.text}
      {attribute.effect === '' ? null : <Toned tone="warning">{`  # ${attribute.effect}`}</Toned>}
    </Named>
    <Below lines={attribute.below} />
  </>
)

/** One step: what it does, what it means for the guest, how it is undone; opened, also its requests. */
const StepPicture = ({
  step,
  open,
  marked,
}: {
  readonly step: StepView
  readonly open: boolean
  readonly marked: boolean
}) => (
  <Box flexDirection="column">
    <Box>
      <Box flexShrink={0}>
        <Text inverse={marked}>{`${`${step.number}.`.padStart(7)} `}</Text>
      </Box>
      <Text inverse={marked}>
        {step.summary}
        {step.disruptionText === '' ? null : <Toned tone="warning">{` [${step.disruptionText}]`}</Toned>}
      </Text>
    </Box>
    <Box paddingLeft={8}>
      <Toned tone={step.irreversible ? 'error' : 'dim'}>{step.irreversible ? step.undo : `undo: ${step.undo}`}</Toned>
    </Box>
    {open
      ? step.requests.map(requestLine).map((request) => (
          <Box key={request} paddingLeft={8}>
            <Toned tone="accent">{request}</Toned>
          </Box>
        ))
      : null}
  </Box>
)

interface ResourceProps {
  readonly resource: ResourceView
  readonly folded: boolean
  readonly openSteps: ReadonlySet<string>
  /** `address` or a step's id. */
  readonly marked?: string
}

/** One resource with its differences and steps. */
export const ResourcePicture = ({ resource, folded, openSteps, marked }: ResourceProps) => {
  const width = Math.max(0, ...resource.attributes.map(({ name }) => name.length))
  return (
    <Box flexDirection="column" marginBottom={folded ? 0 : 1}>
      <Text bold inverse={marked === resource.address}>{`  # ${resource.heading}`}</Text>
      {folded ? null : (
        <>
          <Text>
            {'  '}
            <Toned tone={resource.tone}>{resource.symbol}</Toned> {resource.guest}
          </Text>
          {resource.attributes.map((attribute) => (
            <Attribute key={attribute.name} attribute={attribute} width={width} />
          ))}
          {resource.steps.map((step) => (
            <StepPicture key={step.id} step={step} open={openSteps.has(step.id)} marked={marked === step.id} />
          ))}
        </>
      )}
    </Box>
  )
}

export const SummaryPicture = ({ view }: { readonly view: PlanView }) => (
  <Text>
    <Text bold>Plan:</Text> {view.summary} <Toned tone={view.reversible ? 'plain' : 'error'}>{view.undo}</Toned>
  </Text>
)

const NONE: ReadonlySet<string> = new Set()

/** The whole plan, everything open: what `plan` leaves in the scroll-back. */
export const PlanPicture = ({ view }: { readonly view: PlanView }) =>
  view.empty ? (
    <Text>{view.title}</Text>
  ) : (
    <Box flexDirection="column">
      <Text bold>{`${view.title}\n`}</Text>
      {view.resources.map((resource) => (
        <ResourcePicture key={resource.address} resource={resource} folded={false} openSteps={NONE} />
      ))}
      {view.outputs.length === 0 ? null : (
        <Box flexDirection="column" marginBottom={1}>
          <Text>{'  Outputs:'}</Text>
          {view.outputs.map(({ name, text, below }) => (
            <Box key={name} flexDirection="column">
              <Named label={`${name} = `}>{text}</Named>
              <Below lines={below} />
            </Box>
          ))}
        </Box>
      )}
      <SummaryPicture view={view} />
    </Box>
  )

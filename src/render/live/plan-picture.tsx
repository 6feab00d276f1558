import { Box, Text } from 'ink'
import { type AttributeView, type PlanView, type ResourceView, requestLine, type StepView } from '../plan-view.ts'
import { Toned } from './toned.tsx'

const Attribute = ({ attribute, width }: { readonly attribute: AttributeView; readonly width: number }) => (
  <Box paddingLeft={6}>
    <Text>
      <Toned tone={attribute.tone}>{attribute.symbol}</Toned> {attribute.name.padEnd(width)} = {attribute.text}
      {attribute.effect === '' ? null : <Toned tone="warning">{`  # ${attribute.effect}`}</Toned>}
    </Text>
  </Box>
)

/** One step: what it does, what it means for the guest, how it is undone; opened, also its requests. */
export const StepPicture = ({
  step,
  open,
  marked,
}: {
  readonly step: StepView
  readonly open: boolean
  readonly marked: boolean
}) => (
  <Box flexDirection="column">
    <Text inverse={marked}>
      {`${`${step.number}.`.padStart(7)} ${step.summary}`}
      {step.disruptionText === '' ? null : <Toned tone="warning">{` [${step.disruptionText}]`}</Toned>}
    </Text>
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

export const PlanSummary = ({ view }: { readonly view: PlanView }) => (
  <Text>
    <Text bold>Plan:</Text> {view.summary}{' '}
    <Toned tone={view.irreversible.length > 0 ? 'error' : 'plain'}>{view.undo}</Toned>
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
          {view.outputs.map(({ name, text }) => (
            <Text key={name}>{`      ${name} = ${text}`}</Text>
          ))}
        </Box>
      )}
      <PlanSummary view={view} />
    </Box>
  )

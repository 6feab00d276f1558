import { Text } from 'ink'
import { createContext, type ReactNode, useContext } from 'react'
import { INK_COLOURS, type Tone } from '../style.ts'

/** Whether colours are wanted; what is bold, dim or inverse stays so without them. */
export const Colours = createContext(true)

/** Text in the colour of its meaning; the live counterpart of `Paint`. */
export const Toned = ({
  tone,
  bold,
  children,
}: {
  readonly tone: Tone
  readonly bold?: boolean
  readonly children: ReactNode
}) => {
  const color = useContext(Colours) ? INK_COLOURS[tone] : undefined
  return (
    <Text {...(color !== undefined && { color })} bold={bold === true || tone === 'bold'} dimColor={tone === 'dim'}>
      {children}
    </Text>
  )
}

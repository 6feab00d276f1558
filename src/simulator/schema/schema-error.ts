/** A value that does not fit its format; the text is what PVE puts behind `invalid format - `. */
export class SchemaError extends Error {}

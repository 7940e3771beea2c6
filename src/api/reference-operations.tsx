import type { OpenApiDocument } from './openapi-document.ts'

/** The little of an OpenAPI document that the page shows. */
export type Schema = {
  oneOf?: Schema[]
  pattern?: string
  minimum?: number
  $ref?: string
  example?: unknown
  properties?: Record<string, Schema>
  required?: string[]
  type?: string | string[]
  description?: string
  enum?: unknown[]
  items?: Schema
  anyOf?: Schema[]
  const?: unknown
  format?: string
}
type Operation = {
  operationId: string
  summary: string
  description?: string
  tags: string[]
  security?: object[]
  parameters?: { name: string; in: string; required?: boolean; schema?: Schema; description?: string }[]
  requestBody?: { content: Record<string, { schema: Schema }> }
  responses: Record<string, { description: string; content?: Record<string, { schema?: Schema }> }>
}
export type ListedOperation = Operation & { method: string; path: string }

export function operationsOf(document: OpenApiDocument): ListedOperation[] {
  return Object.entries(document.paths ?? {}).flatMap(([path, item]) =>
    Object.entries(item as Record<string, Operation>).map(([method, operation]) => ({
      ...operation,
      method,
      path,
    })),
  )
}

export function Operations({ document }: { document: OpenApiDocument }) {
  const operations = operationsOf(document)
  const schemas = (document.components?.schemas ?? {}) as Record<string, Schema>
  return (
    <>
      {(document.info.description ?? '')
        .split('\n')
        .filter(Boolean)
        .map((line) => (
          <p>{line.replace(/^- /, '').replaceAll(/[*`]/g, '')}</p>
        ))}
      {(document.tags ?? []).map((tag) => (
        <section>
          <h2>{tag.name}</h2>
          <p>{tag.description}</p>
          {operations
            .filter((one) => one.tags.includes(tag.name))
            .map((one) => (
              <OneOperation operation={one} />
            ))}
        </section>
      ))}
      <h2>Objects</h2>
      {Object.entries(schemas).map(([name, schema]) => (
        <section id={`schema-${name}`}>
          <h3>{name}</h3>
          {schema.description && <p>{schema.description}</p>}
          <Members schema={schema} />
        </section>
      ))}
    </>
  )
}

function OneOperation({ operation }: { operation: ListedOperation }) {
  const { method, path, parameters = [], requestBody, responses } = operation
  const signedIn = (operation.security ?? []).length > 0
  return (
    <section id={operation.operationId}>
      <h3>{operation.summary}</h3>
      <p>
        <code>
          <span class="method">{method.toUpperCase()}</span> {path}
        </code>
        {signedIn ? ' (bearer token)' : ' (for anybody)'}
      </p>
      {operation.description && <p>{operation.description.replaceAll('`', '')}</p>}
      <dl>
        {parameters.map((one) => (
          <>
            <dt>
              <code>{one.name}</code> ({one.in}
              {one.required ? '' : ', optional'})
            </dt>
            <dd>{one.description ?? one.schema?.description ?? typeName(one.schema ?? {})}</dd>
          </>
        ))}
        {requestBody && (
          <>
            <dt>body</dt>
            {Object.entries(requestBody.content).map(([type, { schema }]) => (
              <dd>
                {type}: <TypeLink schema={schema} />
              </dd>
            ))}
          </>
        )}
        {Object.entries(responses).map(([status, answer]) => (
          <>
            <dt>{status}</dt>
            <dd>
              {answer.description.replaceAll('`', '')}
              {Object.entries(answer.content ?? {}).map(([type, { schema }]) => (
                <>
                  {' '}
                  ({type}
                  {schema?.$ref && (
                    <>
                      {': '}
                      <TypeLink schema={schema} />
                    </>
                  )}
                  )
                </>
              ))}
            </dd>
          </>
        ))}
      </dl>
    </section>
  )
}

function Members({ schema }: { schema: Schema }) {
  if (!schema.properties) return <p>{typeName(schema)}</p>
  return (
    <dl>
      {Object.entries(schema.properties).map(([name, member]) => (
        <>
          <dt>
            <code>{name}</code>
            {schema.required?.includes(name) ? '' : ' (optional)'}
          </dt>
          <dd>
            <TypeLink schema={member} />
            {member.description && ` – ${member.description}`}
          </dd>
        </>
      ))}
    </dl>
  )
}

const nameOf = (ref: string) => ref.split('/').at(-1) ?? ref

function TypeLink({ schema }: { schema: Schema }) {
  const ref = schema.$ref ?? schema.items?.$ref
  if (!ref) return <>{typeName(schema)}</>
  return (
    <>
      {schema.items ? 'list of ' : ''}
      <a href={`#schema-${nameOf(ref)}`}>{nameOf(ref)}</a>
    </>
  )
}

function typeName(schema: Schema): string {
  if (schema.$ref) return nameOf(schema.$ref)
  if (schema.const !== undefined) return JSON.stringify(schema.const)
  if (schema.enum) return schema.enum.map((one) => JSON.stringify(one)).join(' | ')
  if (schema.anyOf) return schema.anyOf.map(typeName).join(' | ')
  if (schema.items) return `list of ${typeName(schema.items)}`
  const type = Array.isArray(schema.type) ? schema.type.join(' | ') : (schema.type ?? 'object')
  return schema.format ? `${type} (${schema.format})` : type
}

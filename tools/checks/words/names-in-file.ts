import ts from 'typescript'

export interface Name {
  readonly name: string
  /** Where it stands in the file's text; 0 for a part of the file's own path. */
  readonly offset: number
}

/** The names that a file gives or uses: identifiers, fields, tables and columns, and its own path. Prose has none. */
export function namesIn(path: string, text: string): Name[] {
  const of_path = path.split('/').map((name) => ({ name, offset: 0 }))
  const ending = /\.(\w+)$/.exec(path)?.[1] ?? ''
  return [...of_path, ...(readers[ending]?.(path, text) ?? [])]
}

/** A name as words of lower case with `_` between: `RunDetails` is `run_details`. */
export function snakeCase(name: string): string {
  return name
    .replace(/([a-z0-9])([A-Z])/g, '$1_$2')
    .replace(/[^A-Za-z0-9]+/g, '_')
    .toLowerCase()
}

type Reader = (path: string, text: string) => Name[]

const readers: Readonly<Record<string, Reader>> = {
  ...Object.fromEntries(['ts', 'tsx', 'mts', 'mjs', 'cjs', 'js'].map((ending) => [ending, namesInCode])),
  sql: (_, text) => namesInSql(text),
  json: (_, text) => matches(text, /"([^"\s]+)"\s*:/g),
  yaml: (_, text) => matches(text, /^\s*(?:- +)?([\w.-]+):/gm),
  yml: (_, text) => matches(text, /^\s*(?:- +)?([\w.-]+):/gm),
  css: (_, text) => matches(blanked(text, /\/\*[\s\S]*?\*\//g), /([A-Za-z_-][\w-]*)/g),
  py: (_, text) => matches(blanked(text, /#.*$|"""[\s\S]*?"""|"[^"\n]*"|'[^'\n]*'/gm), /([A-Za-z_]\w*)/g),
  md: (_, text) => matches(text, /`+([^`\s]+)`+/g),
}

/** Strings are names where they are written like one: with `_` between their words, or as a field or a type. */
function namesInCode(path: string, text: string): Name[] {
  const tree = ts.createSourceFile(path, text, ts.ScriptTarget.ES2022, true)
  const names: Name[] = []
  const visit = (node: ts.Node): void => {
    if (ts.isIdentifier(node) || ts.isPrivateIdentifier(node)) names.push({ name: node.text, offset: node.end })
    else if (ts.isStringLiteralLike(node) || ts.isTemplateExpression(node)) {
      const [written, start] = [textOf(node), node.getStart(tree)]
      if (isSql(node, written)) names.push(...namesInSql(written).map(({ name }) => ({ name, offset: start })))
      else if (isName(node, written)) names.push({ name: written, offset: start })
    }
    ts.forEachChild(node, visit)
  }
  visit(tree)
  return names
}

function textOf(node: ts.StringLiteralLike | ts.TemplateExpression): string {
  if (!ts.isTemplateExpression(node)) return node.text
  return [node.head.text, ...node.templateSpans.map(({ literal }) => literal.text)].join(' ')
}

const statement =
  /^\s*(select\b[\s\S]*\bfrom|insert\s+into|update\s+\w+\s+set|delete\s+from|with\s+\w+[\s\S]*\bas|(create|alter|drop)\s+(table|view|index|function|policy))\b/i

function isSql(node: ts.Node, written: string): boolean {
  const { parent } = node
  if (ts.isTaggedTemplateExpression(parent) && /sql$/i.test(parent.tag.getText())) return true
  return statement.test(written)
}

function isName({ parent }: ts.Node, written: string): boolean {
  if (!/^[A-Za-z_$][\w$.-]*$/.test(written)) return false
  const is_field =
    ts.isPropertyAssignment(parent) || ts.isPropertySignature(parent) || ts.isElementAccessExpression(parent)
  return written.includes('_') || ts.isLiteralTypeNode(parent) || (is_field && !isValue(parent, written))
}

/** Whether a string is what a field holds, not the field's name. */
function isValue(parent: ts.Node, written: string): boolean {
  return ts.isPropertyAssignment(parent) && parent.name.getText().replace(/['"]/g, '') !== written
}

function namesInSql(text: string): Name[] {
  return matches(blanked(text, /--.*$|\/\*[\s\S]*?\*\/|'(?:[^']|'')*'/gm), /([A-Za-z_]\w*)/g)
}

/** Without what fits, at the same lines. */
function blanked(text: string, fits: RegExp): string {
  return text.replace(fits, (part) => part.replace(/[^\n]/g, ' '))
}

function matches(text: string, pattern: RegExp): Name[] {
  return [...text.matchAll(pattern)].map((match) => ({
    name: match[1] ?? '',
    offset: match.index + match[0].indexOf(match[1] ?? ''),
  }))
}

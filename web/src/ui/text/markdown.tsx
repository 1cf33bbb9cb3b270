import { cutText } from '@muster/contract/texts/graphemes'
import type { Heading, Nodes, Root, RootContent } from 'mdast'
import { fromMarkdown } from 'mdast-util-from-markdown'
import { Fragment, type ReactNode, useMemo } from 'react'

const characters_max = 400_000

/**
 * Markdown as elements of ours. It is inert by construction: HTML inside it is shown as the text it is, pictures are named
 * and not fetched, and only links to the web can be followed, in a tab of their own that knows nothing of this one.
 */
export function Markdown({ text }: { readonly text: string }) {
  const tree = useMemo(() => inSteps(fromMarkdown(cutText(text, characters_max))), [text])
  return (
    <div className="prose-muster flex max-w-[72ch] flex-col gap-3 leading-relaxed [overflow-wrap:anywhere]">
      {childrenOf(tree)}
      {text.length > characters_max && (
        <p className="text-soft">Showing the first {characters_max.toLocaleString('en')} characters.</p>
      )}
    </div>
  )
}

/**
 * Who listens to a page finds their way by the levels of headings, so none may be left out, as a text may that begins
 * with its second level.
 */
function inSteps(tree: Root): Root {
  const all: Heading[] = []
  const collect = (node: Nodes): void => {
    if (node.type === 'heading') all.push(node)
    if ('children' in node) for (const child of node.children) collect(child)
  }
  collect(tree)
  const depths = [...new Set(all.map(({ depth }) => depth))].sort()
  let before = 0
  for (const heading of all) {
    before = Math.min(depths.indexOf(heading.depth) + 1, before + 1)
    heading.depth = before as Heading['depth']
  }
  return tree
}

const headings = ['text-[1.4rem]', 'text-[1.2rem]', 'text-[1.07rem]', '', '', ''] as const

function childrenOf(node: { readonly children: readonly RootContent[] }): ReactNode {
  // The parts of one text do not move.
  return node.children.map((child, at) => <Fragment key={`${child.type} ${at}`}>{renderNode(child)}</Fragment>)
}

function renderNode(node: Nodes): ReactNode {
  switch (node.type) {
    case 'heading': {
      // The page has its own first heading, so those of a text begin at the third level.
      const Level = `h${Math.min(6, node.depth + 2)}` as 'h3'
      return <Level className={`mt-1 font-semibold leading-snug ${headings[node.depth - 1]}`}>{childrenOf(node)}</Level>
    }
    case 'paragraph':
      return <p>{childrenOf(node)}</p>
    case 'list': {
      const List = node.ordered ? 'ol' : 'ul'
      return (
        <List className={`flex flex-col gap-1 pl-5 ${node.ordered ? 'list-decimal' : 'list-disc'}`}>
          {childrenOf(node)}
        </List>
      )
    }
    case 'listItem':
      return <li>{childrenOf(node)}</li>
    case 'blockquote':
      return (
        <blockquote className="flex flex-col gap-2 border-l-2 border-line-strong pl-3 text-soft">
          {childrenOf(node)}
        </blockquote>
      )
    case 'code':
      return (
        <pre tabIndex={0} className="overflow-x-auto rounded-md bg-sunken p-3 font-mono text-[0.9rem]">
          {node.value}
        </pre>
      )
    case 'link':
      return linkTo(node.url, childrenOf(node))
    default:
      return small(node)
  }
}

function small(node: Nodes): ReactNode {
  switch (node.type) {
    case 'text':
      return node.value
    case 'emphasis':
      return <em>{childrenOf(node)}</em>
    case 'strong':
      return <strong>{childrenOf(node)}</strong>
    case 'inlineCode':
      return <code className="rounded bg-sunken px-1 font-mono text-[0.92em]">{node.value}</code>
    case 'break':
      return <br />
    case 'thematicBreak':
      return <hr className="border-line" />
    case 'image':
      return <span className="text-soft">[image: {node.alt || node.url}]</span>
    case 'html':
      return <code className="font-mono text-[0.92em] text-soft">{node.value}</code>
    default:
      return 'children' in node
        ? childrenOf(node as { children: RootContent[] })
        : 'value' in node
          ? String(node.value)
          : null
  }
}

function linkTo(url: string, text: ReactNode): ReactNode {
  if (!/^https?:\/\//i.test(url)) return <span title={url}>{text}</span>
  return (
    <a
      href={url}
      target="_blank"
      rel="noopener noreferrer nofollow"
      title={url}
      className="text-accent underline underline-offset-2"
    >
      {text}
    </a>
  )
}

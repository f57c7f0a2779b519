// Looks now and then for a newer version of the page and takes over what differs: nothing is reloaded, so focus, scroll
// position and opened details stay. Without this file every page reads the same; it is only not renewed by itself.
const main = document.getElementById('main')
const footer = document.getElementById('footer')
const news = document.getElementById('news')
const everySeconds = Number(main?.dataset.live)
const calm = matchMedia('(prefers-reduced-motion: reduce)')

if (main && footer && everySeconds > 0) setTimeout(look, everySeconds * 1000)

// A drawing that is wider than its frame begins where it matters.
for (const guilty of document.querySelectorAll('.scroll .guilty')) {
  const frame = guilty.closest('.scroll')
  const [inner, outer] = [guilty.getBoundingClientRect(), frame.getBoundingClientRect()]
  frame.scrollLeft += inner.left + inner.width / 2 - outer.left - outer.width / 2
}

async function look() {
  try {
    if (!document.hidden) {
      const answer = await fetch(location.href, { cache: 'no-cache', headers: { accept: 'text/html' } })
      if (answer.ok) take(new DOMParser().parseFromString(await answer.text(), 'text/html'))
    }
  } catch {
    // The server is away; the page stays as it is, and the next look may find it back.
  }
  const next = Number(main.dataset.live)
  if (next > 0) setTimeout(look, next * 1000)
}

/** @param {Document} fresh */
function take(fresh) {
  const [newMain, newFooter] = [fresh.getElementById('main'), fresh.getElementById('footer')]
  if (!newMain || !newFooter) return
  const said = newMain.dataset.state ?? ''
  const isNews = said !== (main.dataset.state ?? '')
  morph(footer, newFooter)
  morph(main, newMain)
  if (document.title !== fresh.title) document.title = fresh.title
  if (isNews) news.textContent = `Now: ${said}`
}

/**
 * Makes one element like another with as few changes as a simple walk in order can.
 *
 * @param {Element} from
 * @param {Element} to
 */
function morph(from, to) {
  for (const { name } of [...from.attributes])
    if (!to.hasAttribute(name) && !isTheReaders(from, name)) from.removeAttribute(name)
  for (const { name, value } of to.attributes)
    if (from.getAttribute(name) !== value && !isTheReaders(from, name)) from.setAttribute(name, value)
  const [before, after] = [[...from.childNodes], [...to.childNodes]]
  for (const [index, node] of after.entries()) {
    const old = before[index]
    if (!old) from.append(mark(document.importNode(node, true)))
    else if (old.nodeType !== node.nodeType || old.nodeName !== node.nodeName)
      old.replaceWith(mark(document.importNode(node, true)))
    else if (node.nodeType === Node.ELEMENT_NODE) morph(old, node)
    else if (old.nodeValue !== node.nodeValue) {
      old.nodeValue = node.nodeValue
      mark(old.parentElement)
    }
  }
  for (const old of before.slice(after.length)) old.remove()
}

/** What a reader opened stays open, and what was typed stays typed. */
function isTheReaders(element, name) {
  return (
    (name === 'open' && element.nodeName === 'DETAILS') ||
    name === 'value' ||
    (name === 'class' && element.classList.contains('fresh'))
  )
}

/** Shows for a moment what is new, to those who do not mind movement. */
function mark(node) {
  if (calm.matches || !(node instanceof HTMLElement)) return node
  node.classList.add('fresh')
  setTimeout(() => node.classList.remove('fresh'), 1600)
  return node
}

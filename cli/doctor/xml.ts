/** An element of an answer of AWS's Query protocol, which has neither attributes that matter nor mixed content. */
export interface XmlElement {
  name: string;
  text: string;
  children: XmlElement[];
}

const element = (name: string): XmlElement => ({ name, text: "", children: [] });

const ENTITIES: Readonly<Record<string, string>> = { amp: "&", lt: "<", gt: ">", quot: '"', apos: "'" };

/** The document's elements under one that has no name. What is no XML gives none. */
export function readXml(xml: string): XmlElement {
  const open = [element("")];
  for (const [, end, name, empty, text] of xml.matchAll(/<(\/?)(\w[\w.-]*)[^>]*?(\/?)>|([^<]+)/g)) {
    const last = open.at(-1)!;
    if (text !== undefined) last.text += unescaped(text.trim());
    else if (end && open.length > 1) open.pop();
    else if (!end) {
      const child = element(name!);
      last.children.push(child);
      if (!empty) open.push(child);
    }
  }
  return open[0]!;
}

/** The first child of this name, or an empty element. */
export const childOf = ({ children }: XmlElement, name: string): XmlElement =>
  children.find((child) => child.name === name) ?? element(name);

export const textIn = (parent: XmlElement, name: string) => childOf(parent, name).text;

function unescaped(text: string): string {
  return text.replace(/&(?:#x([0-9a-f]+)|#(\d+)|(\w+));/gi, (whole, hex, decimal, name) => {
    if (name !== undefined) return ENTITIES[name] ?? whole;
    return String.fromCodePoint(hex === undefined ? Number(decimal) : Number.parseInt(hex, 16));
  });
}

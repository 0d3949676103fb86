import assert from "node:assert/strict";
import { visible, visibleIn, visibleLines } from "../../../provider/secrecy/visible";

describe("text of others", () => {
  for (const [what, text, shown] of [
    ["an escape sequence", "\u001b[2J\u001b]0;title\u0007", "\\u001b[2J\\u001b]0;title\\u0007"],
    ["C1 controls and DEL", "\u009b31m\u007f\u0080", "\\u009b31m\\u007f\\u0080"],
    ["ends of lines and tabs", "a\r\nb\tc", "a\\r\\nb\\tc"],
    [
      "overrides of its direction",
      "\u202e\u202a\u2066\u2069\u200e\u200f",
      "\\u202e\\u202a\\u2066\\u2069\\u200e\\u200f",
    ],
    ["characters of no width", "a\u200bb\ufeff\u2060\u00ad", "a\\u200bb\\ufeff\\u2060\\u00ad"],
    [
      "fillers and variation selectors",
      "prod\u3164\u034f\ufe0f\u{e0100}",
      "prod\\u3164\\u034f\\ufe0f\\udb40\\udd00",
    ],
    ["line and paragraph separators", "a\u2028b\u2029", "a\\u2028b\\u2029"],
    ["half of a pair", "\ud83d x \udc00", "\\ud83d x \\udc00"],
    ["invisible tags outside the first plane", "\u{e0041}", "\\udb40\\udc41"],
  ] as const)
    it(`is shown with ${what} as escapes, which stay as they are`, () => {
      assert.equal(visible(text), shown);
      assert.equal(visible(shown), shown);
    });

  it("stays as it is in every script, with its punctuation", () => {
    for (const text of ['Schlüssel "ß"', "鍵, ключ, مفتاح", "🔑 | `x` <b>", "C:\\keys\\new"]) {
      assert.equal(visible(text), text);
    }
  });

  it("keeps its lines where they are meant", () => {
    assert.equal(visibleLines("a\u001b\nb\r\n"), "a\\u001b\nb\\r\n");
  });

  it("is found in lists and objects; names of properties and other values stay", () => {
    assert.deepEqual(visibleIn({ a: ["\u001b", 5, null], b: { "\n": "\n" }, c: undefined, d: true }), {
      a: ["\\u001b", 5, null],
      b: { "\n": "\\n" },
      c: undefined,
      d: true,
    });
  });

  it("has JSON's own escapes, so that JSON of it is read as what it was", () => {
    const value = { "k\u009b": "\u001b\u202e\u2028\u{e0041}\u007f\ud83d" };
    const json = visibleLines(JSON.stringify(value, undefined, 2));
    assert.match(json, /^[ -~\n]*$/);
    assert.deepEqual(JSON.parse(json), value);
  });
});

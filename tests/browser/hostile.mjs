// Strings of people who mean harm, made by rule: every payload in every wrapping. Each tries to make an element with the
// attribute `data-owned`, to run script, or to make text lie about its direction.

const PAYLOADS = [
  (mark) => `<img src=x data-owned onerror="document.title='owned'">${mark}`,
  (mark) => `<svg data-owned onload=document.title='owned'>${mark}</svg>`,
  (mark) => `<a data-owned href="javascript:document.title='owned'">${mark}</a>`,
  (mark) => `<iframe data-owned srcdoc="<script>parent.document.title='owned'</script>">${mark}`,
];
const WRAPPINGS = [
  (payload) => payload,
  (payload) => `"> ${payload}`,
  (payload) => `'/> ${payload}`,
  (payload) => `</script></style></title></textarea> ${payload}`,
  (payload) => `<!-- --> ${payload}`,
];
const PLAIN = [
  (mark) => `{@html '<b data-owned>'} {{7*7}} \${7*7} ${mark}`,
  (mark) => `&lt;b data-owned&gt; &#60;b data-owned&#62; ${mark}`,
  (mark) => `\u202eelgnatcer\u202c \u2066${mark}\u2069`,
  (mark) => `=HYPERLINK("javascript:alert(1)") ${mark}`,
  (mark) => `${'W'.repeat(60)}${mark}`,
  // Controls, those of terminals among them; lines and paragraphs that are none.
  (mark) => `\u0000\u0007\u001b[31m\u009b31m\u007f${mark}`,
  (mark) => `\u2028\u2029\u0085\v\f${mark}`,
  // Overrides and isolates that nobody closes, marks, and letters without width.
  (mark) => `\u202e\u202d\u202b\u2067\u2068${mark}`,
  (mark) => `\u200e\u200f\u061c\u200b\u2060\ufeff${mark}`,
  (mark) => `<b data-owned>\u0000</b>${mark}`,
];

/** Those at whose directions, widths and controls a reader may stumble: the last of all. */
export const ODD_COUNT = 5;

/** All of them. `mark` stands in each with its number: by it a page is asked whether it shows the string. */
export function hostile(mark) {
  const markup = WRAPPINGS.flatMap((wrap) => PAYLOADS.map((payload) => (name) => wrap(payload(name))));
  return [...markup, ...PLAIN].map((make, at) => make(`${mark}${at}`));
}

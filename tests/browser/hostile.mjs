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
];

/** All of them. `mark` stands in each with its number: by it a page is asked whether it shows the string. */
export function hostile(mark) {
  const markup = WRAPPINGS.flatMap((wrap) => PAYLOADS.map((payload) => (name) => wrap(payload(name))));
  return [...markup, ...PLAIN].map((make, at) => make(`${mark}${at}`));
}

"use strict";
// A small explorer: runs operations, follows subscriptions, lists the schema. No dependencies.

const byId = (id) => document.getElementById(id);
const ANSWER_CHARACTERS_MAX = 200000;
let socket = null;

byId("query").value = `# Sign in, then put the access token above.
mutation {
  signIn(login: "", password: "") {
    session { accessToken refreshToken }
    userErrors { code message }
  }
}`;

function headers() {
  const set = { "content-type": "application/json", "accept-language": byId("language").value };
  const token = byId("token").value.trim();
  if (token) set.authorization = `Bearer ${token}`;
  return set;
}

async function ask(query, variables) {
  const response = await fetch("/graphql", {
    method: "POST",
    headers: headers(),
    body: JSON.stringify({ query, variables }),
  });
  const text = await response.text();
  try {
    return JSON.parse(text);
  } catch {
    return { status: response.status, text };
  }
}

function show(value, keep) {
  const text = JSON.stringify(value, null, 2);
  const before = keep ? byId("answer").textContent : "";
  byId("answer").textContent = (text + "\n" + before).slice(0, ANSWER_CHARACTERS_MAX);
}

function stop() {
  if (socket) socket.close();
  socket = null;
  byId("stop").disabled = true;
}

function follow(query, variables) {
  stop();
  const scheme = location.protocol === "https:" ? "wss" : "ws";
  socket = new WebSocket(`${scheme}://${location.host}/graphql`, "graphql-transport-ws");
  byId("stop").disabled = false;
  const here = socket;
  const say = (message) => here.send(JSON.stringify(message));
  const ping = setInterval(() => here.readyState === WebSocket.OPEN && say({ type: "ping" }), 30000);
  here.onopen = () => say({ type: "connection_init", payload: { authorization: headers().authorization } });
  here.onmessage = (event) => {
    const message = JSON.parse(event.data);
    if (message.type === "connection_ack") say({ id: "1", type: "subscribe", payload: { query, variables } });
    if (message.type === "next" || message.type === "error") show(message.payload, true);
    if (message.type === "complete") stop();
  };
  here.onclose = (event) => {
    clearInterval(ping);
    show({ closed: event.code, reason: event.reason }, true);
  };
}

async function run() {
  let variables;
  try {
    variables = JSON.parse(byId("variables").value || "{}");
  } catch (fault) {
    show({ variables: String(fault) });
    return;
  }
  const query = byId("query").value;
  if (/^\s*(#.*\n\s*)*subscription\b/.test(query)) {
    byId("answer").textContent = "";
    follow(query, variables);
    return;
  }
  const answer = await ask(query, variables);
  const token = answer?.data?.signIn?.session?.accessToken;
  if (token) byId("token").value = token;
  show(answer);
}

const NAME = "kind name ofType { kind name ofType { kind name ofType { kind name } } }";
const SCHEMA = `{ __schema { types { kind name description
  fields { name description args { name type { ${NAME} } } type { ${NAME} } }
  inputFields { name description type { ${NAME} } }
  enumValues { name description } } } }`;

function named(type) {
  if (type.kind === "NON_NULL") return named(type.ofType) + "!";
  if (type.kind === "LIST") return `[${named(type.ofType)}]`;
  return type.name;
}

function entry(title, text) {
  const details = document.createElement("details");
  const summary = document.createElement("summary");
  summary.textContent = title;
  const paragraph = document.createElement("p");
  paragraph.textContent = text || "";
  details.append(summary, paragraph);
  return details;
}

async function list() {
  const answer = await ask(SCHEMA, {});
  const types = (answer?.data?.__schema?.types ?? []).filter((type) => !type.name.startsWith("__"));
  const lines = [];
  for (const type of types) {
    for (const field of type.fields ?? type.inputFields ?? []) {
      const args = (field.args ?? []).map((arg) => `${arg.name}: ${named(arg.type)}`).join(", ");
      lines.push([`${type.name}.${field.name}${args && `(${args})`}: ${named(field.type)}`, field.description]);
    }
    if (type.enumValues) lines.push([`${type.name} = ${type.enumValues.map((value) => value.name).join(" | ")}`, type.description]);
  }
  const draw = () => {
    const wanted = byId("search").value.toLowerCase();
    const found = lines.filter(([title]) => title.toLowerCase().includes(wanted)).slice(0, 300);
    byId("schema").replaceChildren(...found.map(([title, text]) => entry(title, text)));
  };
  byId("search").addEventListener("input", draw);
  draw();
}

byId("run").addEventListener("click", run);
byId("stop").addEventListener("click", stop);
document.addEventListener("keydown", (event) => {
  if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) run();
});
list();

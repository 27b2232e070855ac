// Import cycles between the modules of a crate, and layers that must not import one another.
// Reads `use` items and inline paths as text; tests are skipped. Re-exports are followed to the defining module.
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

// The imports that a folder or file of server/src must not have.
const FORBIDDEN = {
  config: ["feed", "http", "ingest", "limits", "net", "socketio", "state", "store"],
  net: ["auth", "config", "feed", "http", "limits", "socketio", "state", "store"],
  limits: ["auth", "feed", "http", "socketio", "state", "store"],
  store: ["auth", "feed", "http", "ingest", "socketio", "state"],
  auth: ["feed", "http", "ingest", "socketio", "state"],
  feed: ["config", "http", "limits", "net", "ingest", "socketio", "state"],
  socketio: ["http", "ingest", "state"],
  ingest: ["http", "socketio", "state"],
  connect: ["feed", "http", "socketio", "state"],
  core_app: ["feed", "http", "socketio", "state"],
  lease: ["config", "feed", "http", "ingest", "limits", "net", "socketio", "state"],
  slots: ["config", "feed", "http", "ingest", "limits", "net", "socketio", "state"],
  state: ["http", "startup", "ui"],
};

const files = execFileSync("git", ["ls-files", "--cached", "--others", "--exclude-standard", "--", "server/src", "app/src", "crates"], { encoding: "utf8" })
  .split("\n")
  .filter((file) => /^(server|app|crates\/[^/]+)\/src\/.*\.rs$/.test(file));
const crates = new Map();
for (const file of files) {
  const root = file.slice(0, file.indexOf("/src/") + 5);
  crates.set(root, [...(crates.get(root) ?? []), file]);
}

let failed = false;
const complain = (text) => {
  console.error(text);
  failed = true;
};
for (const [root, members] of crates) check(root, members);
process.exit(failed ? 1 : 0);

function check(root, members) {
  const modules = read(root, members);
  const edges = new Map([...modules.values()].map((module) => [module.file, imports(module, modules)]));
  for (const cycle of cycles(edges)) {
      const inside = cycle.flatMap((from) => [...edges.get(from)].filter((to) => cycle.includes(to)).map((to) => `  ${from} -> ${to}`));
    complain(`import cycle:\n${inside.join("\n")}`);
  }
  if (root !== "server/src/") return;
  const layer = (file) => file.slice(root.length).split("/")[0].replace(/\.rs$/, "");
  for (const [from, targets] of edges) {
    for (const to of targets) {
      if (FORBIDDEN[layer(from)]?.includes(layer(to))) complain(`${from} must not import ${to}`);
    }
  }
}

// The modules of a crate by path ("a::b"; "" is the root), except those that are compiled for tests only.
function read(root, members) {
  const modules = new Map();
  for (const file of members) {
    const path = file.slice(root.length).replace(/(^|\/)(mod|lib)\.rs$/, "").replace(/\.rs$/, "").replaceAll("/", "::");
    modules.set(path, { path, file, code: strip(readFileSync(file, "utf8")) });
  }
  for (const { path, code } of [...modules.values()]) {
    for (const [, name] of code.matchAll(/#\[cfg\(test\)\]\s*(?:pub(?:\([^)]*\))?\s+)?mod\s+(\w+);/g)) {
      const test = join(path, name);
      for (const other of [...modules.keys()]) if (other === test || other.startsWith(`${test}::`)) modules.delete(other);
    }
  }
  for (const module of modules.values()) module.uses = uses(module.code);
  return modules;
}

// Removes comments, strings and test modules. Tests are at the end of a file.
function strip(code) {
  const bare = code
    .replace(/'\\?"'/g, "''")
    .replace(/\br#"[^]*?"#/g, '""')
    .replace(/(?<!:)\/\/.*$/gm, "")
    .replace(/"(?:[^"\\]|\\[^])*"/g, '""');
  const tests = bare.search(/#\[cfg\(test\)\]\s*(?:#\[[^\]]*\]\s*)*mod\s+\w+\s*\{/);
  return tests < 0 ? bare : bare.slice(0, tests);
}

// Every path of a `use` with its local name, and the inline paths.
function uses(code) {
  const found = [];
  const rest = code.replace(/^\s*(pub(?:\([^)]*\))?\s+)?use\s+([^;]+);/gm, (_, visibility, tree) => {
    for (const [path, name] of expand(tree.replace(/\s+/g, " ").trim())) found.push({ path, name, isPublic: Boolean(visibility) });
    return "";
  });
  for (const [path] of rest.matchAll(/\b(?:crate|super|self)(?:::\w+)+/g)) found.push({ path: path.split("::"), name: null });
  return found;
}

// "a::{b, c as d}" as [["a","b"],"b"] and [["a","c"],"d"].
function expand(tree) {
  const brace = tree.indexOf("{");
  if (brace < 0) {
    const [path, alias] = tree.split(" as ");
    const parts = path.trim().replace(/::self$/, "").split("::").map((part) => part.trim());
    return [[parts, alias?.trim() ?? parts.at(-1)]];
  }
  const prefix = tree.slice(0, brace).replace(/::\s*$/, "").trim();
  let depth = 0;
  const items = [""];
  for (const char of tree.slice(brace + 1, tree.lastIndexOf("}"))) {
    if (char === "," && depth === 0) items.push("");
    else items[items.length - 1] += char;
    depth += char === "{" ? 1 : char === "}" ? -1 : 0;
  }
  const whole = items.map((item) => item.trim()).filter(Boolean);
  return whole.flatMap((item) => expand(item === "self" ? prefix : prefix ? `${prefix}::${item}` : item));
}

function imports(module, modules) {
  const targets = new Set();
  for (const { path, isPublic } of module.uses) {
    const file = resolve(module.path, path, modules, 0);
    // A re-export of one of the module's own parts is not a dependency.
    if (file && file !== module.file && !(isPublic && isOwnPart(module, file, modules))) targets.add(file);
  }
  return targets;
}

function isOwnPart(module, file, modules) {
  const prefix = module.path ? `${module.path}::` : "";
  return [...modules.values()].some((part) => part.file === file && part.path.startsWith(prefix));
}

// The file that defines a path's target; undefined for another crate.
function resolve(from, path, modules, depth) {
  let [at, rest] = [from, [...path]];
  if (rest[0] === "crate") [at, rest] = ["", rest.slice(1)];
  else if (rest[0] === "self") rest = rest.slice(1);
  else if (rest[0] === "super") {
    while (rest[0] === "super") [at, rest] = [at.split("::").slice(0, -1).join("::"), rest.slice(1)];
  } else if (!modules.has(join(at, rest[0]))) return undefined;
  while (rest.length > 0 && modules.has(join(at, rest[0]))) [at, rest] = [join(at, rest[0]), rest.slice(1)];
  const module = modules.get(at);
  if (!module || rest.length === 0 || depth > 8) return module?.file;
  const exported = module.uses.find((use) => use.isPublic && use.name === rest[0]) ?? module.uses.find((use) => use.isPublic && use.name === "*");
  const target = exported && (exported.name === "*" ? exported.path.slice(0, -1) : exported.path);
  return (target && resolve(at, [...target, ...(exported.name === "*" ? rest : rest.slice(1))], modules, depth + 1)) ?? module.file;
}

function join(path, name) {
  return path ? `${path}::${name}` : name;
}

// Tarjan's strongly connected components of more than one file.
function cycles(edges) {
  const [index, low, stack, found] = [new Map(), new Map(), [], []];
  const visit = (file) => {
    index.set(file, index.size);
    low.set(file, index.get(file));
    stack.push(file);
    for (const to of edges.get(file) ?? []) {
      if (!index.has(to)) {
        visit(to);
        low.set(file, Math.min(low.get(file), low.get(to)));
      } else if (stack.includes(to)) low.set(file, Math.min(low.get(file), index.get(to)));
    }
    if (low.get(file) === index.get(file)) {
      const component = stack.splice(stack.indexOf(file)).sort();
      if (component.length > 1) found.push(component);
    }
  };
  for (const file of edges.keys()) if (!index.has(file)) visit(file);
  return found;
}

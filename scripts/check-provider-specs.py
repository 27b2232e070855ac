"""Checks recorded exchanges and webhooks against the providers' own OpenAPI files.

Owns the comparison and the list of the files' known defects. Must not call a provider.

An answer must be one that the file describes for its path and status. A call must be one that it describes as well,
where it was answered 2xx: the tests of the simulators also make calls that have to be refused.
"""

import collections
import json
import re
import sys
import urllib.parse

import jsonschema
import yaml

FILES = {
    "basiq": ["basiq-core.json", "basiq-data.json"],
    "plaid": ["plaid.yml"],
    "apideck": ["apideck-accounting.yml", "apideck-vault.yml"],
}

# What a file gets wrong or leaves out: provider, where (a pattern on "<method> <path> <status>: <member>"), and why.
KNOWN = [
    ("basiq", r" 200: (data/\d+/)?enrich$", "described as null for partners without Enrich, but not nullable"),
    ("basiq", r" 200: (data/\d+/)?postDate$", "described as null while pending, but not nullable"),
    ("basiq", r" 200: (accounts/data/|data/)?(\d+/)?class$", "an object that has an enumeration of texts"),
    ("basiq", r"^GET /events 200: data/\d+/(entity|eventType)$", "enumerations without user, transactions, invalidated"),
    ("basiq", r"^GET /events 200: data/\d+/data$", "a text in the list, an object in the single answer"),
    ("basiq", r"^GET /jobs/\{jobId\} 200: $", "one of three forms that overlap, so that an answer has several"),
    ("basiq", r"^GET /users/\{userId\}/jobs 200: data/\d+/steps/\d+/result$", "null in the single answer's examples"),
    ("basiq", r"^GET /users/\{userId\}/transactions query: next$", "a page's token is not among the parameters"),
    ("basiq", r"^POST /token 403$", "in the list of HTTP errors, not in the file"),
    ("basiq", r"/connections(/refresh)? 401$", "in the list of HTTP errors, not in the file"),
    ("basiq", r" (429|503)$", "in the page on limits and for other paths, not for this one"),
]

# Pages and paths that no file describes: those of people in a browser.
PAGES = {"basiq": r"^/(home|link/)", "plaid": r"^/link/link-", "apideck": r"^/session/"}


FORMATS = jsonschema.FormatChecker(formats=())


@FORMATS.checks("date-time")
def is_time(value):
    return not isinstance(value, str) or re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:\d\d)", value)


@FORMATS.checks("date")
def is_day(value):
    return not isinstance(value, str) or re.fullmatch(r"\d{4}-\d\d-\d\d", value)


@FORMATS.checks("email")
def is_address(value):
    return not isinstance(value, str) or re.fullmatch(r"[^@\s]+@[^@\s]+", value)


class Spec:
    """An OpenAPI file whose schemas were turned into JSON Schema."""

    def __init__(self, path):
        with open(path, encoding="utf-8") as file:
            document = json.load(file) if path.endswith(".json") else yaml.load(file, Loader=yaml.CSafeLoader)
        self.document = nullable(document)
        self.resolver = jsonschema.RefResolver("", self.document)
        self.routes = [(template, re.compile("^" + re.sub(r"\\{\w+\\}", "[^/]+", re.escape(template)) + "$"))
                       for template in sorted(document["paths"], key=lambda path: path.count("{"))]

    def operation(self, method, path):
        for template, pattern in self.routes:
            operation = self.document["paths"][template].get(method.lower())
            if operation and pattern.match(path):
                return template, operation
        return None, None

    def resolve(self, node):
        while isinstance(node, dict) and "$ref" in node:
            node = self.resolver.resolve(node["$ref"])[1]
        return node

    def errors(self, schema, value):
        validator = jsonschema.Draft4Validator(schema, resolver=self.resolver, format_checker=FORMATS)
        for error in validator.iter_errors(value):
            yield "/".join(str(part) for part in error.absolute_path), error.message[:200]


def nullable(node):
    """`nullable: true` of OpenAPI 3.0 in the words of JSON Schema."""
    if isinstance(node, list):
        return [nullable(item) for item in node]
    if not isinstance(node, dict):
        return node
    rest = {key: nullable(value) for key, value in node.items() if key != "nullable" or not isinstance(value, bool)}
    return {"anyOf": [rest, {"type": "null"}]} if node.get("nullable") is True else rest


def check(specs, exchange):
    """What of an exchange its file does not describe."""
    method, path, status = exchange["method"], exchange["path"], exchange["status"]
    for spec in specs:
        template, operation = spec.operation(method, path)
        if operation:
            break
    else:
        if status != 404:
            yield f"{method} {path}", "no file describes this path"
        return
    name = f"{method} {template}"
    responses = operation["responses"]
    response = spec.resolve(responses.get(str(status), responses.get("default")))
    if response is None:
        yield f"{name} {status}", "this status is not described"
    elif response.get("content"):
        schema = next(iter(response["content"].values())).get("schema", {})
        try:
            body = json.loads(exchange["responseBody"])
        except ValueError:
            yield f"{name} {status}", "the answer is no JSON"
        else:
            for where, message in spec.errors(schema, body):
                yield f"{name} {status}: {where}", message
    if status < 300:
        yield from check_call(spec, name, template, operation, exchange)


def check_call(spec, name, template, operation, exchange):
    """What of a call its file does not describe."""
    headers = {key.lower(): value for key, value in exchange["requestHeaders"]}
    query = urllib.parse.parse_qsl(exchange["query"] or "", keep_blank_values=True)
    described = [spec.resolve(item) for item in operation.get("parameters", [])]
    described += [spec.resolve(item) for item in spec.document["paths"][template].get("parameters", [])]
    names = {item["name"] for item in described if item["in"] == "query"}
    for key, _ in query:
        if key.split("[")[0] not in names:
            yield f"{name} query: {key}", "this parameter is not described"
    for item in described:
        if item.get("required") and item["in"] == "header" and item["name"].lower() not in headers:
            yield f"{name} header: {item['name']}", "this header is needed"
        values = [value for key, value in query if key == item["name"]]
        if item["in"] == "query" and values and item.get("schema", {}).get("type") == "integer":
            for where, message in spec.errors(item["schema"], int(values[0])):
                yield f"{name} query: {item['name']}{where}", message
    content = spec.resolve(operation.get("requestBody") or {}).get("content", {})
    if "application/json" in content and exchange["requestBody"]:
        for where, message in spec.errors(content["application/json"]["schema"], json.loads(exchange["requestBody"])):
            yield f"{name} body: {where}", message


def check_webhook(specs, webhook):
    """What of a webhook its provider's file does not describe."""
    body, event = json.loads(webhook["body"]), webhook["event"]
    if webhook["provider"] == "plaid":
        documents = specs[0].document["components"]["schemas"]
        schema = next((schema for schema in documents.values() if describes(schema, body)), None)
        if schema is None:
            yield f"webhook {event}", "no schema describes this code"
        else:
            for where, message in specs[0].errors(schema, body):
                yield f"webhook {event}: {where}", message
    if webhook["provider"] == "apideck":
        # The schemas are flat; the examples, the guide and the real ones have everything in `payload`.
        name = "ConnectionEvent" if event.startswith("vault.") else "AccountingWebhookEvent"
        spec = specs[1] if event.startswith("vault.") else specs[0]
        for where, message in spec.errors(spec.document["components"]["schemas"][name], body["payload"]):
            yield f"webhook {event}: {where}", message


def describes(schema, body):
    """Whether a schema of Plaid is that of this webhook: its descriptions name type and code."""
    members = schema.get("properties", {}) if isinstance(schema, dict) else {}
    said = [str(members.get(name, {}).get("description", "")) for name in ("webhook_type", "webhook_code")]
    return said == [f"`{body['webhook_type']}`", f"`{body['webhook_code']}`"]


def main(folder, recording):
    specs = {provider: [Spec(f"{folder}/{file}") for file in files] for provider, files in FILES.items()}
    checked, known, unknown = collections.Counter(), collections.Counter(), collections.Counter()
    with open(recording, encoding="utf-8") as file:
        for line in file:
            exchange = json.loads(line)
            provider = exchange["provider"]
            if "event" in exchange:
                checked[f"{provider} webhooks"] += 1
                found = check_webhook(specs[provider], exchange)
            elif re.match(PAGES[provider], exchange["path"]):
                continue
            else:
                checked[f"{provider} exchanges"] += 1
                found = check(specs[provider], exchange)
            for where, message in found:
                rules = [rule for rule in KNOWN if rule[0] == provider and re.search(rule[1], where)]
                if rules:
                    known[rules[0]] += 1
                else:
                    unknown[(provider, re.sub(r"/\d+(?=/|$)", "/*", where), message)] += 1
    for what, count in sorted(checked.items()):
        print(f"{count:6} {what}")
    for (provider, pattern, why), count in sorted(known.items()):
        print(f"{count:6} known defect of {provider}'s files at {pattern}: {why}")
    for rule in KNOWN:
        if not known[rule]:
            print(f"       not met: {rule[0]} {rule[1]}")
    for (provider, where, message), count in sorted(unknown.items()):
        print(f"{count:6} {provider}: {where}: {message}", file=sys.stderr)
    return 1 if unknown or not checked else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))

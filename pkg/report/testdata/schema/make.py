"""Write asff.json and ocsf.json; README.md tells from what."""
import gzip
import json
import pathlib

import botocore
from ocsf_json_schema import OcsfJsonSchemaEmbedded, get_ocsf_schema

HERE = pathlib.Path(__file__).parent
DRAFT = "https://json-schema.org/draft/2020-12/schema"

# From the user guide: what the API's model does not tell.
TEXTS = {
    "Id": 512, "ProductName": 128, "CompanyName": 128, "GeneratorId": 512, "Title": 256, "Description": 1024,
}
TIMES = ["FirstObservedAt", "LastObservedAt", "CreatedAt", "UpdatedAt"]
PRIMITIVES = {
    "string": {"type": "string"}, "integer": {"type": "integer"}, "long": {"type": "integer"},
    "double": {"type": "number"}, "boolean": {"type": "boolean"},
}


def asff():
    path = next(pathlib.Path(botocore.__file__).parent.glob("data/securityhub/*/service-2.json.gz"))
    shapes = json.loads(gzip.decompress(path.read_bytes()))["shapes"]
    shapes["ResourceDetails"]["members"] = {"AwsEc2SecurityGroup": {"shape": "AwsEc2SecurityGroupDetails"}}
    definitions = {}

    def schema(name):
        shape = shapes[name]
        kind = shape["type"]
        if kind in PRIMITIVES:
            return {**PRIMITIVES[kind], **({"enum": shape["enum"]} if "enum" in shape else {})}
        if kind == "timestamp":
            return {"type": "string", "format": "date-time"}
        if name not in definitions:
            definitions[name] = {}
            definitions[name] = structure(shape) if kind == "structure" else collection(shape)
        return {"$ref": "#/$defs/" + name}

    def structure(shape):
        return {
            "type": "object",
            "properties": {key: schema(member["shape"]) for key, member in shape["members"].items()},
            "required": shape.get("required", []),
            "additionalProperties": False,
        }

    def collection(shape):
        if shape["type"] == "map":
            return {"type": "object", "additionalProperties": schema(shape["value"]["shape"])}
        limits = {limit: shape[key] for key, limit in (("min", "minItems"), ("max", "maxItems")) if key in shape}
        return {"type": "array", "items": schema(shape["member"]["shape"]), **limits}

    root = schema("AwsSecurityFinding")
    finding = definitions["AwsSecurityFinding"]
    finding["required"] = sorted(set(finding["required"]) | {"Types", "Severity"})
    of = finding["properties"]
    of["SchemaVersion"] = {"const": "2018-10-08"}
    of["AwsAccountId"] = {"type": "string", "pattern": "^[0-9]{12}$"}
    of["ProductArn"] = {"type": "string", "pattern": "^arn:aws(-cn|-us-gov)?:securityhub:[a-z0-9-]+:[0-9]{12}:product/[0-9]{12}/default$"}
    for key, most in TEXTS.items():
        of[key] = {"type": "string", "minLength": 1, "maxLength": most, "pattern": "^[^\\x00-\\x1f]*\\S"}
    for key in TIMES:
        of[key] = {"type": "string", "format": "date-time"}
    of["Types"] = {"type": "array", "minItems": 1, "maxItems": 50, "items": {
        "type": "string",
        "pattern": "^(Software and Configuration Checks|TTPs|Effects|Unusual Behaviors|Sensitive Data Identifications)(/[^/]+){0,2}$"}}
    of["Resources"] = {**of["Resources"], "minItems": 1, "maxItems": 32} if "$ref" not in of["Resources"] else \
        {"allOf": [of["Resources"], {"minItems": 1, "maxItems": 32}]}
    of["ProductFields"] = {"type": "object", "maxProperties": 50, "propertyNames": {"minLength": 1, "maxLength": 128},
                           "additionalProperties": {"type": "string", "minLength": 1, "maxLength": 2048}}
    definitions["Recommendation"]["properties"]["Text"] = {"type": "string", "minLength": 1, "maxLength": 512}
    return prune({"$schema": DRAFT, "title": "AWS Security Finding Format", **root, "$defs": definitions})


def ocsf():
    source = OcsfJsonSchemaEmbedded(get_ocsf_schema(version="1.5.0"))
    schema = source.get_class_schema(class_name="compliance_finding", profiles=["cloud"])
    for key in ("evidences", "enrichments", "device", "observables", "api", "resource", "vendor_attributes"):
        schema["properties"].pop(key, None)
    schema.pop("$id")
    return prune(schema)


def prune(schema):
    """Leave out the definitions that nothing refers to."""
    definitions, used, todo = schema.pop("$defs"), {}, [schema]
    while todo:
        node = todo.pop()
        for value in node.values() if isinstance(node, dict) else node:
            if isinstance(value, (dict, list)):
                todo.append(value)
        name = node.get("$ref", "").removeprefix("#/$defs/") if isinstance(node, dict) else ""
        if name and name not in used:
            used[name] = definitions[name]
            todo.append(definitions[name])
    return {**schema, "$defs": dict(sorted(used.items()))}


for name, schema in (("asff.json", asff()), ("ocsf.json", ocsf())):
    (HERE / name).write_text(json.dumps(schema, indent=1) + "\n")

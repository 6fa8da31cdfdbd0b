package dynamodb

import (
	"slices"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/dynamodb/attr"
)

func attributeTypes(definitions []attributeDefinition) (map[string]attr.Type, error) {
	types := make(map[string]attr.Type)
	for _, d := range definitions {
		if !d.AttributeType.Ordered() {
			return nil, constraint(d.AttributeType, "attributeDefinitions.1.member.attributeType",
				"satisfy enum value set: [B, N, S]")
		}
		if _, ok := types[d.AttributeName]; ok {
			return nil, invalidParameter("Duplicate AttributeName in AttributeDefinitions: %s", d.AttributeName)
		}
		types[d.AttributeName] = d.AttributeType
	}
	return types, nil
}

func newSchema(elements []keyElement, types map[string]attr.Type) (schema, error) {
	if err := within(len(elements), 1, 2, "keySchema", "length"); err != nil {
		return nil, err
	}
	var key schema
	for i, e := range elements {
		switch want := []string{"HASH", "RANGE"}[i]; {
		case e.KeyType != want:
			return nil, validation("Invalid KeySchema: element %d of the KeySchema is not a %s key type", i+1, want)
		case types[e.AttributeName] == "":
			return nil, invalidParameter("Some index key attributes are not defined in "+
				"AttributeDefinitions. Keys: [%s]", e.AttributeName)
		case key.has(e.AttributeName):
			return nil, invalidParameter("Both the Hash Key and the Range Key element in the " +
				"KeySchema have the same name")
		}
		key = append(key, keyAttribute{e.AttributeName, types[e.AttributeName]})
	}
	return key, nil
}

// checkAllUsed refuses the definition of an attribute that is not a key.
func (t *table) checkAllUsed() error {
	isKey := func(d attributeDefinition) bool {
		return slices.ContainsFunc(t.views(), func(v *view) bool { return v.schema.has(d.AttributeName) })
	}
	for _, d := range t.types {
		if !isKey(d) {
			return invalidParameter("Some AttributeDefinitions are not used. AttributeDefinitions: [%s]",
				d.AttributeName)
		}
	}
	return nil
}

package dynamodb

import (
	"maps"
	"slices"
	"strings"
)

type tableInput struct {
	TableName string
}

// tableDescription is AWS's description of a table, without the features that this account
// lacks.
type tableDescription struct {
	TableName                 string
	TableArn                  string
	TableId                   string
	TableStatus               string
	CreationDateTime          float64 // seconds
	AttributeDefinitions      []attributeDefinition
	KeySchema                 []keyElement
	ItemCount                 int
	TableSizeBytes            int
	BillingModeSummary        *billingSummary `json:",omitempty"`
	ProvisionedThroughput     throughput
	GlobalSecondaryIndexes    []indexDescription `json:",omitempty"`
	DeletionProtectionEnabled bool
}

type billingSummary struct {
	BillingMode string
}

type indexDescription struct {
	IndexName             string
	IndexArn              string
	IndexStatus           string
	KeySchema             []keyElement
	Projection            projection
	ItemCount             int
	IndexSizeBytes        int
	ProvisionedThroughput throughput
}

type (
	tableAnswer    struct{ TableDescription tableDescription }
	describeAnswer struct{ Table tableDescription }
)

func (s *Service) describeTable(in *tableInput) (*describeAnswer, error) {
	t, err := s.table(in.TableName)
	if err != nil {
		return nil, err
	}
	return &describeAnswer{t.describe("ACTIVE")}, nil
}

func (s *Service) deleteTable(in *tableInput) (*tableAnswer, error) {
	t, err := s.table(in.TableName)
	if err != nil {
		return nil, err
	}
	delete(s.tables, t.name)
	return &tableAnswer{t.describe("DELETING")}, nil
}

// table returns the table with a name or ARN.
func (s *Service) table(nameOrARN string) (*table, error) {
	if nameOrARN == "" {
		return nil, constraint("null", "tableName", "not be null")
	}
	if t, ok := s.tables[strings.TrimPrefix(nameOrARN, s.tableARN(""))]; ok {
		return t, nil
	}
	return nil, tableNotFound(nameOrARN)
}

func (s *Service) tableARN(name string) string {
	return "arn:aws:dynamodb:" + s.region + ":" + s.account + ":table/" + name
}

func (t *table) describe(status string) tableDescription {
	d := tableDescription{
		TableName:             t.name,
		TableArn:              t.arn,
		TableId:               t.id,
		TableStatus:           status,
		CreationDateTime:      float64(t.created.UnixMilli()) / 1000,
		AttributeDefinitions:  t.types,
		KeySchema:             t.key().elements(),
		ItemCount:             len(t.items.entries),
		TableSizeBytes:        t.byteCount,
		ProvisionedThroughput: t.units,
	}
	if t.billing == onDemand {
		d.BillingModeSummary = &billingSummary{onDemand}
	}
	for _, x := range t.indexes {
		d.GlobalSecondaryIndexes = append(d.GlobalSecondaryIndexes, x.describe(status))
	}
	return d
}

func (x *index) describe(status string) indexDescription {
	size := 0
	for _, e := range x.entries {
		size += x.projected(e.item).Size()
	}
	return indexDescription{
		IndexName:             x.name,
		IndexArn:              x.arn,
		IndexStatus:           status,
		KeySchema:             x.schema.elements(),
		Projection:            x.projection,
		ItemCount:             len(x.entries),
		IndexSizeBytes:        size,
		ProvisionedThroughput: x.units,
	}
}

func (s schema) elements() []keyElement {
	elements := []keyElement{{s.hash().name, "HASH"}}
	if r, ok := s.rangeAttribute(); ok {
		elements = append(elements, keyElement{r.name, "RANGE"})
	}
	return elements
}

type listTablesInput struct {
	ExclusiveStartTableName string
	Limit                   *int
}

type listTablesOutput struct {
	TableNames             []string
	LastEvaluatedTableName string `json:",omitempty"`
}

func (s *Service) listTables(in *listTablesInput) (*listTablesOutput, error) {
	limit := 100
	if in.Limit != nil {
		limit = *in.Limit
	}
	if err := within(limit, 1, 100, "limit", "value"); err != nil {
		return nil, err
	}
	out := &listTablesOutput{TableNames: []string{}}
	for _, name := range slices.Sorted(maps.Keys(s.tables)) {
		if name <= in.ExclusiveStartTableName {
			continue
		}
		if len(out.TableNames) == limit {
			out.LastEvaluatedTableName = out.TableNames[limit-1]
			break
		}
		out.TableNames = append(out.TableNames, name)
	}
	return out, nil
}

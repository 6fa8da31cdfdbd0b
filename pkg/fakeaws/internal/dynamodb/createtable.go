package dynamodb

import (
	"crypto/sha256"
	"fmt"
	"regexp"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/dynamodb/attr"
)

type attributeDefinition struct {
	AttributeName string
	AttributeType attr.Type
}

type keyElement struct {
	AttributeName string
	KeyType       string
}

type throughput struct {
	ReadCapacityUnits  int64
	WriteCapacityUnits int64
}

type projection struct {
	ProjectionType   string
	NonKeyAttributes []string `json:",omitempty"`
}

type indexDefinition struct {
	IndexName             string
	KeySchema             []keyElement
	Projection            projection
	ProvisionedThroughput *throughput
}

type createTableInput struct {
	TableName              string
	AttributeDefinitions   []attributeDefinition
	KeySchema              []keyElement
	BillingMode            string
	ProvisionedThroughput  *throughput
	GlobalSecondaryIndexes []indexDefinition
}

const (
	provisioned = "PROVISIONED"
	onDemand    = "PAY_PER_REQUEST"
)

// createTable returns the status CREATING, as AWS does, so that callers wait. The table exists
// at once.
func (s *Service) createTable(in *createTableInput) (*tableAnswer, error) {
	if err := checkTableName(in.TableName); err != nil {
		return nil, err
	}
	t := &table{
		name:    in.TableName,
		arn:     s.tableARN(in.TableName),
		created: time.Now(),
		types:   in.AttributeDefinitions,
		billing: in.BillingMode,
	}
	t.id = tableID(t)
	if err := t.define(in); err != nil {
		return nil, err
	}
	if _, ok := s.tables[t.name]; ok {
		return nil, resourceInUse("Table already exists: " + t.name)
	}
	s.tables[t.name] = t
	return &tableAnswer{TableDescription: t.describe("CREATING")}, nil
}

// define reads the keys, the indexes and their billing.
func (t *table) define(in *createTableInput) error {
	types, err := attributeTypes(in.AttributeDefinitions)
	if err != nil {
		return err
	}
	key, err := newSchema(in.KeySchema, types)
	if err != nil {
		return err
	}
	t.items = newView(key, nil)
	if t.units, err = in.units(in.ProvisionedThroughput); err != nil {
		return err
	}
	if err := t.defineIndexes(in, types); err != nil {
		return err
	}
	return t.checkAllUsed()
}

func (t *table) defineIndexes(in *createTableInput, types map[string]attr.Type) error {
	if in.GlobalSecondaryIndexes != nil && len(in.GlobalSecondaryIndexes) == 0 {
		return invalidParameter("List of GlobalSecondaryIndexes is empty")
	}
	for _, d := range in.GlobalSecondaryIndexes {
		if _, ok := t.index(d.IndexName); ok {
			return invalidParameter("Duplicate index name: %s", d.IndexName)
		}
		x, err := t.newIndex(d, types)
		if err != nil {
			return err
		}
		if x.units, err = in.units(d.ProvisionedThroughput); err != nil {
			return err
		}
		t.indexes = append(t.indexes, x)
	}
	return nil
}

func (t *table) newIndex(d indexDefinition, types map[string]attr.Type) (*index, error) {
	if err := checkTableName(d.IndexName); err != nil {
		return nil, err
	}
	key, err := newSchema(d.KeySchema, types)
	if err != nil {
		return nil, err
	}
	if err := d.Projection.check(); err != nil {
		return nil, err
	}
	return &index{
		name:       d.IndexName,
		arn:        t.arn + "/index/" + d.IndexName,
		projection: d.Projection,
		view:       newView(key, t.key()),
	}, nil
}

func (p projection) check() error {
	switch p.ProjectionType {
	case "":
		return invalidParameter("Unknown ProjectionType: null")
	case "INCLUDE":
		if len(p.NonKeyAttributes) == 0 {
			return invalidParameter("ProjectionType is INCLUDE, but NonKeyAttributes is not specified")
		}
	default:
		if p.NonKeyAttributes != nil {
			return invalidParameter("ProjectionType is %s, but NonKeyAttributes is specified", p.ProjectionType)
		}
	}
	return oneOf("globalSecondaryIndexes.1.member.projection.projectionType", p.ProjectionType, "ALL", "INCLUDE",
		"KEYS_ONLY")
}

// units returns the provisioned throughput of a table or index. It is zero on demand.
func (in *createTableInput) units(given *throughput) (throughput, error) {
	if err := oneOf("billingMode", in.BillingMode, provisioned, onDemand); err != nil {
		return throughput{}, err
	}
	switch {
	case in.BillingMode == onDemand && given != nil:
		return throughput{}, invalidParameter("Neither ReadCapacityUnits nor WriteCapacityUnits can be specified " +
			"when BillingMode is PAY_PER_REQUEST")
	case in.BillingMode == onDemand:
		return throughput{}, nil
	case given == nil || given.ReadCapacityUnits < 1 || given.WriteCapacityUnits < 1:
		return throughput{}, invalidParameter("ReadCapacityUnits and WriteCapacityUnits must both be specified when " +
			"BillingMode is PROVISIONED")
	}
	return *given, nil
}

var tableName = regexp.MustCompile(`^[a-zA-Z0-9_.-]+$`)

func checkTableName(name string) error {
	if len(name) < 3 || len(name) > 255 || !tableName.MatchString(name) {
		return validation("Invalid table/index name.  Table/index names must be between 3 and 255 characters long, " +
			"and may contain only the characters a-z, A-Z, 0-9, '_', '-', and '.'")
	}
	return nil
}

// tableID returns an id in AWS's form, which changes if the table is created again.
func tableID(t *table) string {
	sum := sha256.Sum256(fmt.Appendf(nil, "%s %d", t.arn, t.created.UnixNano()))
	return fmt.Sprintf("%x-%x-%x-%x-%x", sum[:4], sum[4:6], sum[6:8], sum[8:10], sum[10:16])
}

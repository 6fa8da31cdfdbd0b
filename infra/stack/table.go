package stack

import (
	"github.com/aws/aws-cdk-go/awscdk/v2"
	"github.com/aws/aws-cdk-go/awscdk/v2/awsdynamodb"
	"github.com/aws/aws-sdk-go-v2/service/dynamodb/types"
	"github.com/aws/jsii-runtime-go"

	"github.com/sgkeeper/sgkeeper/pkg/aws/dynamo"
)

// tableOperations are the functions' calls to the table.
var tableOperations = []string{"DeleteItem", "GetItem", "Query", "Scan", "TransactWriteItems", "UpdateItem"}

// addTable makes the table that package dynamo defines. It is on demand, restorable to any
// second of 35 days, and outlives the stack. If its first deployment fails, CloudFormation deletes
// it with the rest, which deletion protection would forbid.
func (s *installation) addTable() {
	if s.Table != "" {
		return
	}
	definition := dynamo.Definition("")
	s.table = awsdynamodb.NewCfnTable(s.Stack, jsii.String("Table"), &awsdynamodb.CfnTableProps{
		BillingMode:            jsii.String(string(definition.BillingMode)),
		KeySchema:              keySchema(definition.KeySchema),
		AttributeDefinitions:   attributes(definition.AttributeDefinitions),
		GlobalSecondaryIndexes: indexes(definition.GlobalSecondaryIndexes),
		PointInTimeRecoverySpecification: &awsdynamodb.CfnTable_PointInTimeRecoverySpecificationProperty{
			PointInTimeRecoveryEnabled: jsii.Bool(true),
		},
		TimeToLiveSpecification: &awsdynamodb.CfnTable_TimeToLiveSpecificationProperty{
			Enabled: jsii.Bool(true), AttributeName: jsii.String(dynamo.TTL),
		},
		DeletionProtectionEnabled: jsii.Bool(s.Protect),
	})
	if s.key != nil {
		s.table.SetSseSpecification(&awsdynamodb.CfnTable_SSESpecificationProperty{SseEnabled: jsii.Bool(true),
			SseType: jsii.String("KMS"), KmsMasterKeyId: s.key.KeyArn()})
	}
	s.table.ApplyRemovalPolicy(awscdk.RemovalPolicy_RETAIN_ON_UPDATE_OR_DELETE, nil)
}

// tableName is the name of the new or existing table.
func (s *installation) tableName() *string {
	if s.table == nil {
		return jsii.String(s.Table)
	}
	return s.table.Ref()
}

func (s *installation) tableARN() *string { return s.arn("dynamodb", "table/"+*s.tableName()) }

func (s *installation) indexARN() *string {
	return s.arn("dynamodb", "table/"+*s.tableName()+"/index/"+dynamo.DueIndex)
}

// identity is the installation's identity on the tags of its rules. Without a setting, it is
// the default of the functions.
func (s *installation) identity() *string {
	if s.Installation != "" {
		return jsii.String(s.Installation)
	}
	return jsii.String(*s.Account() + "/" + *s.Region() + "/" + *s.tableName())
}

func keySchema(keys []types.KeySchemaElement) *[]*awsdynamodb.CfnTable_KeySchemaProperty {
	schema := make([]*awsdynamodb.CfnTable_KeySchemaProperty, len(keys))
	for i, key := range keys {
		schema[i] = &awsdynamodb.CfnTable_KeySchemaProperty{AttributeName: key.AttributeName,
			KeyType: jsii.String(string(key.KeyType))}
	}
	return &schema
}

func attributes(definitions []types.AttributeDefinition) *[]*awsdynamodb.CfnTable_AttributeDefinitionProperty {
	attributes := make([]*awsdynamodb.CfnTable_AttributeDefinitionProperty, len(definitions))
	for i, d := range definitions {
		attributes[i] = &awsdynamodb.CfnTable_AttributeDefinitionProperty{AttributeName: d.AttributeName,
			AttributeType: jsii.String(string(d.AttributeType))}
	}
	return &attributes
}

func indexes(definitions []types.GlobalSecondaryIndex) *[]*awsdynamodb.CfnTable_GlobalSecondaryIndexProperty {
	indexes := make([]*awsdynamodb.CfnTable_GlobalSecondaryIndexProperty, len(definitions))
	for i, d := range definitions {
		indexes[i] = &awsdynamodb.CfnTable_GlobalSecondaryIndexProperty{
			IndexName: d.IndexName,
			KeySchema: keySchema(d.KeySchema),
			Projection: &awsdynamodb.CfnTable_ProjectionProperty{
				ProjectionType: jsii.String(string(d.Projection.ProjectionType)),
			},
		}
	}
	return &indexes
}

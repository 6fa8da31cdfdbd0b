"""Checks the account that the environment names, as a program with boto3 sees it.

It knows the account by SGKEEPER_GROUP, SGKEEPER_BUS, SGKEEPER_TABLE,
SGKEEPER_LAUNCHES and SGKEEPER_OUTCOMES.
"""

import json
import os
import time
import unittest

import boto3
from botocore.exceptions import ClientError, WaiterError

GROUP = os.environ['SGKEEPER_GROUP']
BUS = os.environ['SGKEEPER_BUS']
TABLE = os.environ['SGKEEPER_TABLE']
PATIENCE = 30  # seconds

ec2 = boto3.client('ec2')
events = boto3.client('events')
sqs = boto3.client('sqs')
dynamodb = boto3.client('dynamodb')


def rules(group, **more):
    pages = ec2.get_paginator('describe_security_group_rules').paginate(
        Filters=[{'Name': 'group-id', 'Values': [group]}], **more)
    return [rule for page in pages for rule in page['SecurityGroupRules']]


def ports_of(group):
    return {rule['FromPort'] for rule in rules(group) if rule['IpProtocol'] == 'tcp' and not rule['IsEgress']}


def eventually(true):
    end = time.monotonic() + PATIENCE
    while not (result := true()):
        if time.monotonic() > end:
            raise TimeoutError(f'not so after {PATIENCE} s')
    return result


class Account(unittest.TestCase):
    def fails(self, code, call, **arguments):
        """The call fails with a ClientError of that code, which is returned."""
        with self.assertRaises(ClientError) as caught:
            call(**arguments)
        self.assertEqual(caught.exception.response['Error']['Code'], code)
        return caught.exception

    def group(self, name):
        reply = ec2.create_security_group(GroupName=name, Description=name)
        self.addCleanup(ec2.delete_security_group, GroupId=reply['GroupId'])
        return reply['GroupId']


class Groups(Account):
    def test_typed_values(self):
        group = ec2.describe_security_groups(GroupIds=[GROUP])['SecurityGroups'][0]
        self.assertEqual(group['Tags'], [{'Key': 'sgkeeper:managed', 'Value': 'true'}])
        self.assertIn({'IpProtocol': 'tcp', 'FromPort': 22, 'ToPort': 22, 'UserIdGroupPairs': [], 'Ipv6Ranges': [], 'PrefixListIds': [],
                       'IpRanges': [{'CidrIp': '198.51.100.0/24', 'Description': 'SSH from the office'}]}, group['IpPermissions'])

    def test_pages(self):
        group = self.group('pages')
        ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[
            {'IpProtocol': 'tcp', 'FromPort': port, 'ToPort': port, 'IpRanges': [{'CidrIp': '10.0.0.0/8'}]} for port in range(9000, 9023)])
        in_pages = [rule['SecurityGroupRuleId'] for rule in rules(group, PaginationConfig={'PageSize': 5})]
        at_once = [rule['SecurityGroupRuleId'] for rule in rules(group)]
        self.assertEqual(len(in_pages), 24)
        self.assertEqual(sorted(in_pages), sorted(at_once))

    def test_resource(self):
        group = boto3.resource('ec2').SecurityGroup(self.group('resource'))
        group.authorize_ingress(IpProtocol='tcp', FromPort=80, ToPort=80, CidrIp='192.0.2.7/24')
        group.reload()
        self.assertEqual([r['IpRanges'] for r in group.ip_permissions], [[{'CidrIp': '192.0.2.0/24'}]])
        group.revoke_ingress(IpPermissions=group.ip_permissions)
        group.reload()
        self.assertEqual(group.ip_permissions, [])

    def test_waiter(self):
        ec2.get_waiter('security_group_exists').wait(GroupIds=[GROUP], WaiterConfig={'Delay': 0, 'MaxAttempts': 1})
        with self.assertRaises(WaiterError):
            ec2.get_waiter('security_group_exists').wait(GroupIds=['sg-0dead00000000dead'], WaiterConfig={'Delay': 0, 'MaxAttempts': 1})

    def test_duplicate(self):
        group = self.group('duplicate')
        rule = {'IpProtocol': 'tcp', 'FromPort': 8000, 'ToPort': 8000, 'IpRanges': [{'CidrIp': '0.0.0.0/0'}]}
        made = ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[rule])['SecurityGroupRules']
        error = self.fails('InvalidPermission.Duplicate', ec2.authorize_security_group_ingress, GroupId=group, IpPermissions=[rule])
        self.assertEqual(error.response['Error']['Message'],
                         'the specified rule "peer: 0.0.0.0/0, TCP, from port: 8000, to port: 8000, ALLOW" already exists')
        self.assertEqual(error.response['ResponseMetadata']['HTTPStatusCode'], 400)
        ec2.revoke_security_group_ingress(GroupId=group, SecurityGroupRuleIds=[made[0]['SecurityGroupRuleId']])
        self.fails('InvalidSecurityGroupRuleId.NotFound', ec2.revoke_security_group_ingress,
                   GroupId=group, SecurityGroupRuleIds=[made[0]['SecurityGroupRuleId']])

    def test_refused(self):
        authorize = ec2.authorize_security_group_ingress
        self.fails('InvalidGroup.NotFound', authorize, GroupId='sg-0dead00000000dead', IpProtocol='tcp', FromPort=1, ToPort=1, CidrIp='10.0.0.0/8')
        self.fails('InvalidParameterValue', authorize, GroupId=GROUP, IpProtocol='tcp', FromPort=1, ToPort=1, CidrIp='10.0.0.0')
        self.fails('DryRunOperation', authorize, GroupId=GROUP, IpProtocol='tcp', FromPort=1, ToPort=1, CidrIp='10.0.0.0/8', DryRun=True)


class Table(Account):
    key = {'pk': {'S': 'test'}, 'sk': {'S': 'item'}}

    def setUp(self):
        dynamodb.put_item(TableName=TABLE, Item=self.key | {'n': {'N': '1'}, 'set': {'SS': ['a', 'b']}})
        self.addCleanup(dynamodb.delete_item, TableName=TABLE, Key=self.key)

    def test_item(self):
        item = boto3.resource('dynamodb').Table(TABLE).get_item(Key={'pk': 'test', 'sk': 'item'}, ConsistentRead=True)['Item']
        self.assertEqual(item, {'pk': 'test', 'sk': 'item', 'n': 1, 'set': {'a', 'b'}})

    def test_condition(self):
        with self.assertRaises(dynamodb.exceptions.ConditionalCheckFailedException) as caught:
            dynamodb.update_item(TableName=TABLE, Key=self.key, UpdateExpression='SET n = n + :one', ConditionExpression='n > :one',
                                 ExpressionAttributeValues={':one': {'N': '1'}}, ReturnValuesOnConditionCheckFailure='ALL_OLD')
        self.assertEqual(caught.exception.response['Item']['n'], {'N': '1'})

    def test_transaction(self):
        with self.assertRaises(dynamodb.exceptions.TransactionCanceledException) as caught:
            dynamodb.transact_write_items(TransactItems=[
                {'Put': {'TableName': TABLE, 'Item': {'pk': {'S': 'test'}, 'sk': {'S': 'other'}}}},
                {'ConditionCheck': {'TableName': TABLE, 'Key': self.key, 'ConditionExpression': 'attribute_not_exists(pk)'}}])
        self.assertEqual([reason['Code'] for reason in caught.exception.response['CancellationReasons']], ['None', 'ConditionalCheckFailed'])
        self.assertNotIn('Item', dynamodb.get_item(TableName=TABLE, Key={'pk': {'S': 'test'}, 'sk': {'S': 'other'}}))

    def test_query_pages(self):
        for n in range(7):
            key = {'pk': {'S': 'test'}, 'sk': {'S': f'page{n}'}}
            dynamodb.put_item(TableName=TABLE, Item=key)
            self.addCleanup(dynamodb.delete_item, TableName=TABLE, Key=key)
        pages = dynamodb.get_paginator('query').paginate(
            TableName=TABLE, KeyConditionExpression='pk = :p AND begins_with(sk, :s)', ScanIndexForward=False,
            ExpressionAttributeValues={':p': {'S': 'test'}, ':s': {'S': 'page'}}, PaginationConfig={'PageSize': 2})
        self.assertEqual([item['sk']['S'] for page in pages for item in page['Items']], [f'page{n}' for n in reversed(range(7))])

    def test_absent(self):
        with self.assertRaises(dynamodb.exceptions.ResourceNotFoundException):
            dynamodb.get_item(TableName='none', Key=self.key)


class Launches(Account):
    def test_by_the_bus(self):
        detail = {'launch': 'boto3-1', 'group': GROUP, 'rules': [{'ports': ['7000-7001', 7003], 'from': ['10.0.0.0/8']}]}
        reply = events.put_events(Entries=[
            {'EventBusName': BUS, 'Source': 'boto3', 'DetailType': 'Launch Requested', 'Detail': json.dumps(detail)},
            {'EventBusName': BUS, 'Source': 'boto3', 'DetailType': 'Launch Requested', 'Detail': 'no JSON'}])
        self.assertEqual(reply['FailedEntryCount'], 1)
        self.assertEqual(reply['Entries'][1]['ErrorCode'], 'MalformedDetail')
        eventually(lambda: {7000, 7003} <= ports_of(GROUP))

    def test_by_a_queue_and_its_end(self):
        self.send({'detailType': 'Launch Requested', 'launch': 'boto3-2', 'group': GROUP, 'rules': [{'ports': 7500, 'from': ['10.0.0.0/8']}]})
        eventually(lambda: 7500 in ports_of(GROUP))
        self.send({'detailType': 'Launch Ended', 'launch': 'boto3-2'})
        eventually(lambda: 7500 not in ports_of(GROUP))

    def test_outcome(self):
        self.send({'detailType': 'Launch Requested', 'launch': 'boto3-3', 'group': GROUP, 'rules': [{'ports': 22, 'from': ['0.0.0.0/0']}]})
        outcome = eventually(self.rejection)
        self.assertEqual(outcome['detail']['reasons'][0]['field'], '/rules/0/from/0')

    def rejection(self):
        queue = os.environ['SGKEEPER_OUTCOMES']
        for message in sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10, WaitTimeSeconds=1).get('Messages', []):
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message['ReceiptHandle'])
            outcome = json.loads(message['Body'])
            if outcome['detail-type'] == 'Launch Rejected' and outcome['detail']['launch'] == 'boto3-3':
                return outcome
        return None

    def test_no_such_queue(self):
        with self.assertRaises(sqs.exceptions.QueueDoesNotExist):
            sqs.get_queue_url(QueueName='none')

    def send(self, launch):
        sqs.send_message(QueueUrl=os.environ['SGKEEPER_LAUNCHES'], MessageBody=json.dumps(launch))


if __name__ == '__main__':
    unittest.main()

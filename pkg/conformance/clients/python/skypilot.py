"""Opens ports for many clusters at once, by SkyPilot's own code or by sgkeeper.

Usage: skypilot.py skypilot|sgkeeper LAUNCHES GROUP_ID BUS

The AWS account is where the environment says (AWS_ENDPOINT_URL). It prints one
JSON object: how many launches failed, and with which errors. Of SkyPilot,
nothing is patched: its open_ports finds the cluster's instances and the security
group by itself.
"""

import collections
import json
import multiprocessing
import sys
import time

import boto3
from sky.provision import constants
from sky.provision.aws import instance

REGION = 'us-east-1'
PATIENCE = 60  # seconds that sgkeeper may take


def ports_of(launch):
    """The incident's ports, and one that a few launches share."""
    return [8000, 8002, 8004, 8100 + 2 * (launch // 4)]


def cluster_of(launch):
    return f'cluster-{launch:04d}'


def start_instances(launches, group):
    """Each cluster has one instance, in the shared group."""
    ec2 = boto3.client('ec2', REGION)
    for launch in range(launches):
        ec2.run_instances(
            ImageId='ami-0123456789abcdef0', MinCount=1, MaxCount=1, SecurityGroupIds=[group],
            TagSpecifications=[{'ResourceType': 'instance', 'Tags': [
                {'Key': constants.TAG_RAY_CLUSTER_NAME, 'Value': cluster_of(launch)}]}])


def by_skypilot(launch, group_name, _group, _bus):
    provider = {'region': REGION, 'security_group': {'GroupName': group_name, 'ManagedBySkyPilot': False}}
    instance.open_ports(cluster_of(launch), [str(port) for port in ports_of(launch)], provider)


def by_sgkeeper(launch, _group_name, group, bus):
    """Publishes the launch, and waits until EC2 shows its ports."""
    detail = {'launch': cluster_of(launch), 'group': group,
              'rules': [{'ports': ports_of(launch), 'from': ['0.0.0.0/0']}]}
    reply = boto3.client('events', REGION).put_events(Entries=[{
        'EventBusName': bus, 'Source': 'skypilot', 'DetailType': 'Launch Requested', 'Detail': json.dumps(detail)}])
    if reply['FailedEntryCount']:
        raise RuntimeError(str(reply['Entries']))
    ec2 = boto3.client('ec2', REGION)
    end = time.monotonic() + PATIENCE
    while missing := set(ports_of(launch)) - open_ports(ec2, group):
        if time.monotonic() > end:
            raise TimeoutError(f'ports {sorted(missing)} are not open after {PATIENCE} s')
        time.sleep(0.5)


def open_ports(ec2, group):
    """The TCP ports that are open to the world over IPv4, as EC2 describes them."""
    pages = ec2.get_paginator('describe_security_group_rules').paginate(Filters=[{'Name': 'group-id', 'Values': [group]}])
    return {port for page in pages for rule in page['SecurityGroupRules']
            if not rule['IsEgress'] and rule['IpProtocol'] == 'tcp' and rule.get('CidrIpv4') == '0.0.0.0/0'
            for port in range(rule['FromPort'], rule['ToPort'] + 1)}


def run(way, launch, gate, results, group_name, group, bus):
    gate.wait()
    try:
        way(launch, group_name, group, bus)
        results.put('')
    except Exception as error:  # any error that a launcher would show its user
        code = getattr(error, 'response', {}).get('Error', {}).get('Code')
        results.put(code or f'{type(error).__name__}: {error}')


def main():
    way, launches, group, bus = sys.argv[1], int(sys.argv[2]), sys.argv[3], sys.argv[4]
    ec2 = boto3.client('ec2', REGION)
    group_name = ec2.describe_security_groups(GroupIds=[group])['SecurityGroups'][0]['GroupName']
    start_instances(launches, group)
    fork = multiprocessing.get_context('fork')
    gate, results = fork.Barrier(launches), fork.Queue()
    ways = {'skypilot': by_skypilot, 'sgkeeper': by_sgkeeper}
    processes = [fork.Process(target=run, args=(ways[way], launch, gate, results, group_name, group, bus))
                 for launch in range(launches)]
    for process in processes:
        process.start()
    errors = collections.Counter(results.get() for _ in processes)
    for process in processes:
        process.join()
    del errors['']
    json.dump({'launches': launches, 'failed': sum(errors.values()), 'errors': errors}, sys.stdout)


if __name__ == '__main__':
    main()

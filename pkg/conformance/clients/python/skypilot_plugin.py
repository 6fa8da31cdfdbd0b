"""Opens and closes the ports of SkyPilot's clusters, by its own code or by sgkeeper's plugin.

Usage: skypilot_plugin.py skypilot|sgkeeper CLUSTERS

The AWS account is where the environment says (AWS_ENDPOINT_URL). HOME has SkyPilot's database
and plugins.yaml. The program prints one JSON object. SkyPilot is not changed: its own loader
loads the plugin, and each cluster goes through sky.provision in a process of its own.

1. All clusters open their ports at once, in one group.
2. With the plugin, half of them are cleaned up at once. The rules of the group must be those of
   the others.
3. With the plugin, one of those is cleaned up once more, and opens its ports again. Another one
   opens a port that the guardrails refuse.
4. All clusters are cleaned up. The rules that are left have leaked.
"""

import collections
import json
import multiprocessing
import sys
import time

import boto3
from sky import exceptions
from sky import global_user_state
from sky import provision
from sky.provision import constants
from sky.server import plugins

REGION = 'us-east-1'
CLOUD = 'AWS'
GROUP_NAME = 'shared-' + sys.argv[1]
PROVIDER = {'region': REGION, 'security_group': {'GroupName': GROUP_NAME, 'ManagedBySkyPilot': False}}


def ports_of(cluster):
    """The incident's ports, and one that a few clusters share."""
    return ['8000', '8002-8003', str(8100 + 2 * (cluster // 4))]


def name_of(cluster):
    return f'cluster-{cluster:04d}'


def make_group(ec2):
    """The shared group, in the default VPC, as the README describes it."""
    vpc = ec2.describe_vpcs(Filters=[{'Name': 'is-default', 'Values': ['true']}])['Vpcs'][0]['VpcId']
    group = ec2.create_security_group(GroupName=GROUP_NAME, Description='shared', VpcId=vpc, TagSpecifications=[
        {'ResourceType': 'security-group', 'Tags': [{'Key': 'sgkeeper:managed', 'Value': 'true'}]}])['GroupId']
    ec2.authorize_security_group_ingress(GroupId=group, IpPermissions=[
        {'IpProtocol': '-1', 'UserIdGroupPairs': [{'GroupId': group}]},
        {'IpProtocol': 'tcp', 'FromPort': 22, 'ToPort': 22, 'IpRanges': [{'CidrIp': '192.0.2.0/24'}]}])
    return group


def start_instances(ec2, clusters, group):
    image = ec2.describe_images(Owners=['amazon'])['Images'][0]['ImageId']
    for cluster in range(clusters):
        ec2.run_instances(
            ImageId=image, MinCount=1, MaxCount=1, SecurityGroupIds=[group],
            TagSpecifications=[{'ResourceType': 'instance', 'Tags': [
                {'Key': constants.TAG_RAY_CLUSTER_NAME, 'Value': name_of(cluster)}]}])


def opened(ec2, group):
    """The ports that TCP rules open to the world."""
    return {port for rule in rules(ec2, group) if rule['IpProtocol'] == 'tcp' and rule.get('CidrIpv4') == '0.0.0.0/0'
            for port in range(rule['FromPort'], rule['ToPort'] + 1)}


def rules(ec2, group):
    """The ingress rules."""
    filters = [{'Name': 'group-id', 'Values': [group]}]
    pages = ec2.get_paginator('describe_security_group_rules').paginate(Filters=filters)
    return [rule for page in pages for rule in page['SecurityGroupRules'] if not rule['IsEgress']]


def wanted(clusters):
    bounds = [[int(bound) for bound in ports.split('-')] for cluster in clusters for ports in ports_of(cluster)]
    return {port for first, *last in bounds for port in range(first, (last or [first])[0] + 1)}


def child(call, cluster, gate, results):
    global_user_state.initialize_and_get_db().dispose(close=False)  # the parent's connections
    gate.wait()
    try:
        call(CLOUD, name_of(cluster), ports_of(cluster), dict(PROVIDER))
        results.put('')
    except Exception as error:  # as SkyPilot would show its user
        results.put(getattr(error, 'response', {}).get('Error', {}).get('Code') or f'{type(error).__name__}: {error}')


def at_once(call, clusters):
    """Calls a function of sky.provision for clusters, each in its process. It returns the errors."""
    started = time.monotonic()
    fork = multiprocessing.get_context('fork')
    gate, results = fork.Barrier(len(clusters)), fork.Queue()
    processes = [fork.Process(target=child, args=(call, cluster, gate, results)) for cluster in clusters]
    for process in processes:
        process.start()
    errors = collections.Counter(results.get() for _ in processes)
    for process in processes:
        process.join()
    del errors['']
    print(f'{call.__name__}: {len(clusters)} clusters, {time.monotonic() - started:.1f} s', file=sys.stderr)
    return errors


def refused(cluster):
    """The exception of a port that guardrails refuse, as a client of SkyPilot's server gets it."""
    try:
        provision.open_ports(CLOUD, name_of(cluster), ['22'], dict(PROVIDER))
    except Exception as error:
        sent = json.loads(json.dumps(exceptions.serialize_exception(error)))
        return str(exceptions.deserialize_exception(sent))
    return ''


def main():
    way, clusters = sys.argv[1], int(sys.argv[2])
    # SkyPilot's database and plugins, as in a process that runs requests.
    global_user_state.initialize_and_get_db()
    plugins.load_plugins(plugins.ExtensionContext(context=plugins.PluginContext.EXECUTOR))
    ec2 = boto3.client('ec2', REGION)
    group = make_group(ec2)
    start_instances(ec2, clusters, group)
    before = len(rules(ec2, group))
    print(json.dumps({'group': group}), flush=True)
    sys.stdin.readline()  # the test counts calls from here
    if way == 'skypilot':
        result = {'clusters': clusters, 'openErrors': at_once(provision.open_ports, list(range(clusters)))}
        result['lastErrors'] = at_once(provision.cleanup_ports, list(range(clusters)))
        result['leaked'] = len(rules(ec2, group)) - before
        print(json.dumps(result), flush=True)
        return
    ending, living = list(range(0, clusters, 2)), list(range(1, clusters, 2))
    result = {'clusters': clusters, 'plugins': [type(plugin).__name__ for plugin in plugins.get_plugins()]}
    result['openErrors'] = at_once(provision.open_ports, list(range(clusters)))
    result['missing'] = sorted(wanted(range(clusters)) - opened(ec2, group))
    result['endErrors'] = at_once(provision.cleanup_ports, ending)
    result['ended'], result['live'] = len(ending), len(living)
    after = opened(ec2, group)
    result['closedTooMuch'], result['leftOpen'] = sorted(wanted(living) - after), sorted(after - wanted(living))
    again = ending[0]
    result['againErrors'] = at_once(provision.cleanup_ports, [again])
    result['againErrors'] += at_once(provision.open_ports, [again])
    result['againMissing'] = sorted(wanted([again]) - opened(ec2, group))
    result['refused'] = refused(living[0])
    result['lastErrors'] = at_once(provision.cleanup_ports, list(range(clusters)))
    result['leaked'] = len(rules(ec2, group)) - before
    print(json.dumps(result), flush=True)


if __name__ == '__main__':
    main()

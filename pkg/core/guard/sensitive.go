package guard

import "slices"

// SensitivePort is a TCP and UDP port that hardly any service should offer to the world. For
// the audit, a rule that opens one to the world without a request is critical.
type SensitivePort struct {
	Port    int32
	Service string
	// Refused: the built-in guardrails refuse the port from the world. The other ports serve
	// the world by design, or are usual for launches, for example 8080.
	Refused bool
	Source  string // the list that names the port, or the reason
}

// Sources of the table. EC2.13, EC2.14 and EC2.19 are controls of AWS Security Hub.
const (
	ec2_13    = "EC2.13, EC2.19"
	ec2_14    = "EC2.14, EC2.19"
	ec2_19    = "EC2.19"
	dataStore = "a data store for known clients"
)

// sensitive is the table of sensitive ports, sorted.
var sensitive = []SensitivePort{
	{20, "FTP data", false, ec2_19},
	{21, "FTP", false, ec2_19},
	{22, "SSH", true, ec2_13},
	{23, "Telnet", true, ec2_19},
	{25, "SMTP", false, ec2_19},
	{110, "POP3", false, ec2_19},
	{135, "RPC", true, ec2_19},
	{143, "IMAP", false, ec2_19},
	{445, "SMB", true, ec2_19},
	{1433, "SQL Server", true, ec2_19},
	{1434, "SQL Server Browser", true, ec2_19},
	{1521, "Oracle", true, dataStore},
	{2379, "etcd", true, dataStore},
	{3000, "web frameworks", false, ec2_19},
	{3306, "MySQL", true, ec2_19},
	{3389, "RDP", true, ec2_14},
	{4333, "mSQL", true, ec2_19},
	{5000, "web frameworks", false, ec2_19},
	{5432, "PostgreSQL", true, ec2_19},
	{5439, "Redshift", true, dataStore},
	{5500, "fcp-addr-srvr1", false, ec2_19},
	{5601, "OpenSearch Dashboards", true, ec2_19},
	{5984, "CouchDB", true, dataStore},
	{6379, "Redis", true, dataStore},
	{8080, "web servers", false, ec2_19},
	{8088, "web servers", false, ec2_19},
	{8888, "web servers, notebooks", false, ec2_19},
	{9042, "Cassandra", true, dataStore},
	{9200, "Elasticsearch", true, ec2_19},
	{9300, "Elasticsearch nodes", true, ec2_19},
	{11211, "Memcached", true, dataStore},
	{27017, "MongoDB", true, dataStore},
	{27018, "MongoDB shard server", true, dataStore},
	{27019, "MongoDB config server", true, dataStore},
}

// SensitivePorts returns the sensitive ports, sorted. They include each port that the built-in
// guardrails refuse from the world.
func SensitivePorts() []SensitivePort { return slices.Clone(sensitive) }

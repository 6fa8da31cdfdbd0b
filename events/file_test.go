package events

import (
	"testing"
)

const bareRequest = `{"launch":"a","group":"` + groupID + `","rules":[{"ports":22,"from":["self"]}]}`

func TestDecodeFile(t *testing.T) {
	const theirs = "999988887777"
	empty := Group{ID: groupID}
	for _, row := range []struct {
		name    string
		file    string
		account string
		group   Group
	}{
		{"event", envelopeFrom(theirs, LaunchRequested, bareRequest), theirs,
			Group{ID: groupID, Account: theirs, Region: ownRegion}},
		{"event in a list", "[" + envelopeFrom(theirs, LaunchRequested, bareRequest) + "]", theirs,
			Group{ID: groupID, Account: theirs, Region: ownRegion}},
		{"event by hand", `{"detail-type":"Launch Requested","detail":` + bareRequest + `}`, "", empty},
		{"bare detail", bareRequest, "", empty},
		{"bare detail after a byte order mark", "\ufeff" + bareRequest, "", empty},
		{"bare detail with detailType", bareOf(LaunchRequested, bareRequest), "", empty},
		{"bare detail whose group says its account", `{"launch":"a","group":{"id":"` + groupID + `","account":"` +
			theirs + `"},"rules":[{"ports":22,"from":["self"]}]}`,
			"", Group{ID: groupID, Account: theirs}},
	} {
		messages, err := Decoder{}.DecodeFile([]byte(row.file))
		if err != nil || len(messages) != 1 || messages[0].Request == nil {
			t.Errorf("%s: %+v, %v; want a request", row.name, messages, err)
			continue
		}
		if r := messages[0].Request; r.Launch.Account != row.account || r.Group != row.group {
			t.Errorf("%s: %+v, want account %q, group %+v", row.name, r, row.account, row.group)
		}
	}
}

func TestDecodeFileOfSeveral(t *testing.T) {
	messages, err := Decoder{}.DecodeFile([]byte(`[` + bareRequest +
		`,7,{"detailType":"Launch Ended","launch":"a"},{"launch":"a"},{"sgkeeper":"sweep"},
		{"detail-type":"Launch Ended","detail":{"launch":"a"},"account":"1"}]`))
	if err != nil || len(messages) != 6 {
		t.Fatalf("%d messages, %v; want 6", len(messages), err)
	}
	if messages[0].Request == nil || messages[2].End == nil {
		t.Errorf("messages 0 and 2 = %+v, %+v; want a request and an end", messages[0], messages[2])
	}
	checkFaults(t, "number", messages[1].Faults, []want{{"", "the number 7"}})
	checkFaults(t, "detail", messages[3].Faults, []want{{"/group", "absent"}, {"/rules", "absent"}})
	checkFaults(t, "sweep", messages[4].Faults, []want{{"", "which is not read here"}})
	checkFaults(t, "account", messages[5].Faults, []want{{"", "12 digits"}})
}

func TestDecodeFileFails(t *testing.T) {
	for _, file := range []string{"", "launch: a", `{"launch":"a"`} {
		if messages, err := (Decoder{}).DecodeFile([]byte(file)); err == nil {
			t.Errorf("DecodeFile(%q) = %+v, want an error", file, messages)
		}
	}
}

func TestFill(t *testing.T) {
	messages, err := Decoder{}.DecodeFile([]byte(`[` + bareRequest +
		`,{"detailType":"Launch Ended","launch":"a","group":"` + groupID + `"},{"launch":"a b"}]`))
	if err != nil {
		t.Fatal(err)
	}
	for i := range messages {
		messages[i].Fill(ownAccount, ownRegion)
		messages[i].Fill("999988887777", "eu-west-1") // changes nothing
	}
	want := Group{ID: groupID, Account: ownAccount, Region: ownRegion}
	request, end, refused := messages[0].Request, messages[1].End, messages[2]
	if request.Launch.Account != ownAccount || request.Group != want {
		t.Errorf("request = %+v", request)
	}
	if end.Launch.Account != ownAccount || *end.Group != want {
		t.Errorf("end = %+v", end)
	}
	if refused.Launch.Account != ownAccount || refused.Group != (Group{Account: ownAccount, Region: ownRegion}) {
		t.Errorf("refused = %+v", refused)
	}
}

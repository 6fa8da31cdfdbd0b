package fakeaws_test

import (
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws"
)

func TestPrefixList(t *testing.T) {
	account, client := newAccount(fakeaws.Options{})
	out, err := client.CreateManagedPrefixList(t.Context(), &ec2.CreateManagedPrefixListInput{
		PrefixListName: aws.String("offices"), AddressFamily: aws.String("IPv4"), MaxEntries: aws.Int32(5),
		Entries: []types.AddPrefixListEntry{{Cidr: aws.String("192.0.2.0/24"), Description: aws.String("Bern")}},
	})
	must(t, err)
	id := *out.PrefixList.PrefixListId
	aws3 := account.AddPrefixList(fakeaws.PrefixList{Name: "com.amazonaws.us-east-1.s3", Owner: "AWS", MaxEntries: 5})

	entries, err := client.GetManagedPrefixListEntries(t.Context(),
		&ec2.GetManagedPrefixListEntriesInput{PrefixListId: aws.String(id)})
	must(t, err)
	if len(entries.Entries) != 1 || *entries.Entries[0].Cidr != "192.0.2.0/24" ||
		*entries.Entries[0].Description != "Bern" {
		t.Errorf("entries = %+v", entries.Entries)
	}
	lists, err := client.DescribeManagedPrefixLists(t.Context(),
		&ec2.DescribeManagedPrefixListsInput{PrefixListIds: []string{id, aws3}})
	must(t, err)
	for _, l := range lists.PrefixLists {
		if own := *l.PrefixListId == id; (l.MaxEntries != nil) != own {
			t.Errorf("%s of %s: MaxEntries = %v", *l.PrefixListName, *l.OwnerId, l.MaxEntries)
		}
	}
	_, err = authorize(t, client, permission("tcp", 443, 443, id))
	must(t, err)
	if got := *describe(t, client, web)[0].PrefixListId; got != id {
		t.Errorf("PrefixListId = %s, want %s", got, id)
	}
}

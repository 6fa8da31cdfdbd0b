package mend

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/sgkeeper/sgkeeper/pkg/core/claim"
	"github.com/sgkeeper/sgkeeper/pkg/core/repair"
	"github.com/sgkeeper/sgkeeper/pkg/core/secgroup"
)

// undoVersion is the version of the undo file's format. A change that older programs cannot read
// raises it.
const undoVersion = 1

// Undo is the content of an undo file: the parts of groups that jobs change, as they were before.
type Undo struct {
	Version int         `json:"version"`
	Written time.Time   `json:"written"`
	Groups  []UndoGroup `json:"groups"`
}

// UndoGroup is the part of one group.
type UndoGroup struct {
	Account string `json:"account"`
	Region  string `json:"region"`
	ID      string `json:"id"`
	repair.Former
}

// Group returns the group's identity.
func (u UndoGroup) Group() claim.Group {
	return claim.Group{Account: u.Account, Region: u.Region, ID: u.ID}
}

// NewUndo returns the undo file's content for the jobs that have steps.
func NewUndo(jobs []*Job, now time.Time) Undo {
	u := Undo{Version: undoVersion, Written: now.UTC().Truncate(time.Second), Groups: []UndoGroup{}}
	for _, j := range jobs {
		if len(j.Plan.Steps) > 0 {
			u.Groups = append(u.Groups, UndoGroup{j.Group.Account, j.Group.Region, j.Group.ID, j.Former})
		}
	}
	return u
}

// ReadUndo reads the content of an undo file. It fails if the content is of another version, or names
// something that is no group.
func ReadUndo(data []byte) (u Undo, err error) {
	var kind struct {
		Version int `json:"version"`
	}
	if err := json.Unmarshal(data, &kind); err != nil || kind.Version == 0 {
		return u, errors.New("want a file that sgkeeper mend has written")
	}
	if kind.Version != undoVersion {
		return u, fmt.Errorf("its version is %d, and this sgkeeper reads version %d: use the sgkeeper that wrote it",
			kind.Version, undoVersion)
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.DisallowUnknownFields()
	if err := d.Decode(&u); err != nil {
		return u, err
	}
	for _, g := range u.Groups {
		if !secgroup.IsGroupID(g.ID) || !secgroup.IsAccount(g.Account) || g.Region == "" {
			return u, fmt.Errorf("%q in account %q and Region %q is no security group", g.ID, g.Account, g.Region)
		}
	}
	return u, nil
}

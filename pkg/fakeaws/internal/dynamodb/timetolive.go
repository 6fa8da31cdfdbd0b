package dynamodb

type timeToLive struct {
	AttributeName string
	Enabled       bool
}

type updateTimeToLiveInput struct {
	TableName               string
	TimeToLiveSpecification *timeToLive
}

type updateTimeToLiveOutput struct {
	TimeToLiveSpecification timeToLive
}

// updateTimeToLive changes the setting at once. No item is ever deleted.
func (s *Service) updateTimeToLive(in *updateTimeToLiveInput) (*updateTimeToLiveOutput, error) {
	t, err := s.table(in.TableName)
	if err != nil {
		return nil, err
	}
	want := in.TimeToLiveSpecification
	if want == nil {
		return nil, constraint("null", "timeToLiveSpecification", "not be null")
	}
	if err := within(len(want.AttributeName), 1, 255, "timeToLiveSpecification.attributeName", "length"); err != nil {
		return nil, err
	}
	if err := t.checkTTL(*want); err != nil {
		return nil, err
	}
	t.ttl = ""
	if want.Enabled {
		t.ttl = want.AttributeName
	}
	return &updateTimeToLiveOutput{*want}, nil
}

func (t *table) checkTTL(want timeToLive) error {
	switch {
	case t.ttl == "" && !want.Enabled:
		return validation("TimeToLive is already disabled")
	case t.ttl == "":
		return nil
	case t.ttl != want.AttributeName:
		return validation("TimeToLive is active on a different AttributeName: current AttributeName is %s", t.ttl)
	case want.Enabled:
		return validation("TimeToLive is already enabled")
	}
	return nil
}

type timeToLiveDescription struct {
	TimeToLiveStatus string
	AttributeName    string `json:",omitempty"`
}

type describeTimeToLiveOutput struct {
	TimeToLiveDescription timeToLiveDescription
}

func (s *Service) describeTimeToLive(in *tableInput) (*describeTimeToLiveOutput, error) {
	t, err := s.table(in.TableName)
	if err != nil {
		return nil, err
	}
	status := "ENABLED"
	if t.ttl == "" {
		status = "DISABLED"
	}
	return &describeTimeToLiveOutput{timeToLiveDescription{status, t.ttl}}, nil
}

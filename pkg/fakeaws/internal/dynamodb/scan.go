package dynamodb

type scanInput struct {
	reading
	Segment       *int
	TotalSegments *int
}

func (s *Service) scan(in *scanInput) (*pageOutput, error) {
	r, scope, err := in.prepare(s)
	if err != nil {
		return nil, err
	}
	if err := r.table.checkScope(scope); err != nil {
		return nil, err
	}
	if err := in.checkSegment(); err != nil {
		return nil, err
	}
	r.from, r.to = 0, len(r.view.entries)
	if in.Segment != nil {
		r.from, r.to = r.view.segment(*in.Segment, *in.TotalSegments)
		if err := in.checkStartSegment(r); err != nil {
			return nil, err
		}
	}
	return r.page().output(in.ReturnConsumedCapacity), nil
}

func (in *scanInput) checkStartSegment(r *reader) error {
	if r.start == nil {
		return nil
	}
	if p, _ := r.view.positionOf(r.start); segmentOf(p.token, *in.TotalSegments) != *in.Segment {
		return validation("The provided Exclusive start key does not map to the provided Segment and " +
			"TotalSegments values.")
	}
	return nil
}

const maxSegments = 1_000_000

func (in *scanInput) checkSegment() error {
	switch {
	case in.Segment == nil && in.TotalSegments == nil:
		return nil
	case in.TotalSegments == nil:
		return validation("The TotalSegments parameter is required but was not present in the request when Segment " +
			"parameter is present")
	case in.Segment == nil:
		return validation("The Segment parameter is required but was not present in the request when parameter " +
			"TotalSegments is present")
	case *in.Segment >= max(1, *in.TotalSegments):
		return validation("The Segment parameter is zero-based and must be less than parameter TotalSegments: "+
			"Segment: %d is not less than TotalSegments: %d", *in.Segment, *in.TotalSegments)
	}
	if err := within(*in.TotalSegments, 1, maxSegments, "totalSegments", "value"); err != nil {
		return err
	}
	return within(*in.Segment, 0, maxSegments-1, "segment", "value")
}

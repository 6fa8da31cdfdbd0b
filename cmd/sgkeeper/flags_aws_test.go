package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestCompleteProfiles(t *testing.T) {
	config, credentials := filepath.Join(t.TempDir(), "config"), filepath.Join(t.TempDir(), "credentials")
	for file, text := range map[string]string{
		config: "[default]\nregion = us-east-1\n[profile dev]\n[ profile  prod ]\n[sso-session " +
			"x]\n[services y]\nhalf]\n[half\n",
		credentials: "[default]\n[ci]\naws_access_key_id = [none]\n",
	} {
		if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	t.Setenv("AWS_CONFIG_FILE", config)
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", credentials)
	got, _ := completeProfiles(nil, nil, "")
	if diff := cmp.Diff([]string{"ci", "default", "dev", "prod"}, got); diff != "" {
		t.Errorf("profiles (-want +got):\n%s", diff)
	}
	t.Setenv("AWS_CONFIG_FILE", config+".none")
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", config+".none")
	if got, _ := completeProfiles(nil, nil, ""); len(got) != 0 {
		t.Errorf("profiles without files: %v", got)
	}
}

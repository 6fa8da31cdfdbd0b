package s3

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"hash/crc32"
	"io"
	"net/http/httputil"
	"net/url"
	"strconv"
	"strings"

	"github.com/sgkeeper/sgkeeper/pkg/fakeaws/internal/api"
)

// decodeBody returns an object's bytes, which may be in chunks. It checks their CRC32, which
// is in a header or after the last chunk.
func decodeBody(form url.Values, body []byte) ([]byte, error) {
	sum := form.Get("X-Amz-Checksum-Crc32")
	if strings.Contains(form.Get("Content-Encoding"), "aws-chunked") {
		var err error
		if body, sum, err = dechunk(body); err != nil {
			return nil, &api.Error{Code: "IncompleteBody", Message: "The request body is not in chunks as it says: " +
				err.Error()}
		}
		if n := form.Get("X-Amz-Decoded-Content-Length"); n != strconv.Itoa(len(body)) {
			return nil, &api.Error{Code: "IncompleteBody", Message: "You did not provide the number of bytes " +
				"specified by x-amz-decoded-content-length"}
		}
	}
	if sum != "" && sum != checksum(body) {
		return nil, &api.Error{Code: "BadDigest", Message: "The CRC32 you specified did not match the " +
			"calculated checksum."}
	}
	return body, nil
}

// dechunk reads chunks of HTTP, and the checksum after the last one.
func dechunk(body []byte) (decoded []byte, sum string, err error) {
	if decoded, err = io.ReadAll(httputil.NewChunkedReader(bytes.NewReader(body))); err != nil {
		return nil, "", err
	}
	_, trailer, _ := bytes.Cut(body, []byte("\r\n0\r\n"))
	for line := range strings.Lines(string(trailer)) {
		if value, ok := strings.CutPrefix(strings.TrimSpace(line), "x-amz-checksum-crc32:"); ok {
			sum = value
		}
	}
	return decoded, sum, nil
}

func checksum(body []byte) string {
	return base64.StdEncoding.EncodeToString(binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE(body)))
}

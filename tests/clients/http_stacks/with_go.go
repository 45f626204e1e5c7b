// Draws a fox at Krea's own address with net/http, and tries to get elsewhere.
package main

import (
	"encoding/json"
	"io"
	"net/http"
	"os"
	"strings"
)

func ask(method string, url string, body string) []byte {
	request, _ := http.NewRequest(method, url, strings.NewReader(body))
	if strings.HasPrefix(url, "https://api.krea.ai/") {
		request.Header.Set("Authorization", "Bearer "+os.Getenv("KREA_API_KEY"))
		request.Header.Set("Content-Type", "application/json")
	}
	answer, err := http.DefaultClient.Do(request)
	if err != nil {
		return []byte(err.Error())
	}
	defer answer.Body.Close()
	content, _ := io.ReadAll(answer.Body)
	return content
}

func main() {
	const api = "https://api.krea.ai"
	var job struct {
		JobID  string `json:"job_id"`
		Result struct {
			URLs []string `json:"urls"`
		} `json:"result"`
	}
	json.Unmarshal(ask("POST", api+"/generate/image/bfl/flux-1-dev", `{"prompt":"a fox"}`), &job)
	json.Unmarshal(ask("GET", api+"/jobs/"+job.JobID, ""), &job)
	url := job.Result.URLs[0]
	json.NewEncoder(os.Stdout).Encode(map[string]any{
		"url":        url,
		"size_bytes": len(ask("GET", url, "")),
		"elsewhere":  string(ask("GET", "https://example.com/", "")),
	})
}

// Package main stands for functions/audit in tests of the templates, because it builds at once.
package main

func main() {}

// Package main stands for functions/ensure in tests of the templates, because it builds at once.
package main

func main() {}

// A peer of another make: it reads a journal over HTTP and verifies it with Go's own checksum-database code.
//
// Usage: peer BASE-URL VERIFIER-KEY
//
// It fetches the checkpoint, proves every hash tile it needs against the signed root, hashes every entry and
// compares. The last line it prints is "ok SIZE ERASED"; anything that does not hold ends it with status 1.
package main

import (
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"strings"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"
)

const (
	height = 8
	width  = 1 << height
)

// log is a journal under a URL. It keeps the hash tiles it has fetched.
type log struct {
	base  string
	tiles map[tlog.Tile][]byte
}

func (l *log) get(path string) ([]byte, error) {
	answer, err := http.Get(strings.TrimSuffix(l.base, "/") + "/" + path)
	if err != nil {
		return nil, err
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%s: %s", path, answer.Status)
	}
	return io.ReadAll(answer.Body)
}

// Height, ReadTiles and SaveTiles make log a tlog.TileReader.
func (l *log) Height() int { return height }

func (l *log) ReadTiles(tiles []tlog.Tile) ([][]byte, error) {
	var found [][]byte
	for _, tile := range tiles {
		data, known := l.tiles[tile]
		if !known {
			// The checksum database puts the height into the path, tlog-tiles does not: it is always 8.
			path := "tile/" + strings.TrimPrefix(tile.Path(), fmt.Sprintf("tile/%d/", height))
			fetched, err := l.get(path)
			if err != nil {
				return nil, err
			}
			data = fetched
		}
		found = append(found, data)
	}
	return found, nil
}

func (l *log) SaveTiles(tiles []tlog.Tile, data [][]byte) {
	for at, tile := range tiles {
		l.tiles[tile] = data[at]
	}
}

// head opens the checkpoint: the size and root that the key has signed.
func (l *log) head(vkey string) (tlog.Tree, error) {
	verifier, err := note.NewVerifier(vkey)
	if err != nil {
		return tlog.Tree{}, err
	}
	signed, err := l.get("checkpoint")
	if err != nil {
		return tlog.Tree{}, err
	}
	opened, err := note.Open(signed, note.VerifierList(verifier))
	if err != nil {
		return tlog.Tree{}, err
	}
	lines := strings.Split(opened.Text, "\n")
	if len(lines) < 4 || lines[0] != verifier.Name() {
		return tlog.Tree{}, fmt.Errorf("checkpoint: not of %s", verifier.Name())
	}
	size, err := strconv.ParseInt(lines[1], 10, 64)
	if err != nil || strconv.FormatInt(size, 10) != lines[1] || size < 0 {
		return tlog.Tree{}, fmt.Errorf("checkpoint: %q is no size", lines[1])
	}
	root, err := base64.StdEncoding.DecodeString(lines[2])
	if err != nil || len(root) != tlog.HashSize {
		return tlog.Tree{}, fmt.Errorf("checkpoint: %q is no root", lines[2])
	}
	tree := tlog.Tree{N: size}
	copy(tree.Hash[:], root)
	return tree, nil
}

// entries fetches one bundle and splits it.
func (l *log) entries(index int64, count int) ([][]byte, error) {
	tile := tlog.Tile{H: height, L: -1, N: index, W: count}
	path := "tile/entries/" + strings.TrimPrefix(tile.Path(), fmt.Sprintf("tile/%d/data/", height))
	bundle, err := l.get(path)
	if err != nil {
		return nil, err
	}
	var found [][]byte
	rest := bytes.NewReader(bundle)
	for rest.Len() > 0 {
		var length uint16
		if err := binary.Read(rest, binary.BigEndian, &length); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		entry := make([]byte, length)
		if _, err := io.ReadFull(rest, entry); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
		found = append(found, entry)
	}
	if len(found) != count {
		return nil, fmt.Errorf("%s: %d entries, not %d", path, len(found), count)
	}
	return found, nil
}

// checkBundle compares the entries of one bundle with leaf hashes that lead to the signed root.
func (l *log) checkBundle(index int64, count int, proved tlog.HashReader) (erased int, err error) {
	entries, err := l.entries(index, count)
	if err != nil {
		return 0, err
	}
	stored := make([]int64, count)
	for at := range stored {
		stored[at] = tlog.StoredHashIndex(0, index*width+int64(at))
	}
	hashes, err := proved.ReadHashes(stored)
	if err != nil {
		return 0, err
	}
	for at, entry := range entries {
		if len(entry) == 0 {
			erased++
		} else if tlog.RecordHash(entry) != hashes[at] {
			return 0, fmt.Errorf("entry %d is not the one that was signed", index*width+int64(at))
		}
	}
	return erased, nil
}

func verify(base, vkey string) (size int64, erased int, err error) {
	journal := &log{base: base, tiles: map[tlog.Tile][]byte{}}
	head, err := journal.head(vkey)
	if err != nil {
		return 0, 0, err
	}
	proved := tlog.TileHashReader(head, journal)
	root, err := tlog.TreeHash(head.N, proved)
	if err != nil {
		return 0, 0, err
	}
	if head.N > 0 && root != head.Hash {
		return 0, 0, fmt.Errorf("the tiles give the root %v, signed is %v", root, head.Hash)
	}
	for first := int64(0); first < head.N; first += width {
		count := head.N - first
		if count > width {
			count = width
		}
		here, err := journal.checkBundle(first/width, int(count), proved)
		if err != nil {
			return 0, 0, err
		}
		erased += here
	}
	return head.N, erased, nil
}

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: peer BASE-URL VERIFIER-KEY")
		os.Exit(2)
	}
	size, erased, err := verify(os.Args[1], os.Args[2])
	if err != nil {
		fmt.Fprintln(os.Stderr, "does not hold:", err)
		os.Exit(1)
	}
	fmt.Println("ok", size, erased)
}

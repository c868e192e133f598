package spec

import (
	"regexp"
	"slices"
	"strings"
	"unicode"

	"github.com/computesync/computesync/internal/secret"
	"github.com/computesync/computesync/internal/strictyaml"
)

// unknownKey reports a key that is none, and names the one that was probably
// meant.
func (c *checker) unknownKey(e *strictyaml.Entry, known []string) { c.add(c.unknown(e, known)) }

// unknown is the error for it.
func (c *checker) unknown(e *strictyaml.Entry, known []string) *strictyaml.Error {
	err, near := c.file.Errorf(e.KeyPos, "unknown key %q", clip(e.Key)), strictyaml.Suggest(e.Key, known)
	MaskUnknown(c.file, e)
	if near != "" {
		err.Hint = "did you mean " + near + "?"
	}
	return err
}

// unknownField is unknownKey for a key below prefix where a kind has its fields:
// it knows what the key was called in the Python SDK v1, and which kinds have it.
func (c *checker) unknownField(e *strictyaml.Entry, prefix string, known []string, sdkv1 map[string]string) {
	c.hideSecrets(prefix, e, known)
	name := join(prefix, e.Key)
	others := c.kind.others(name)
	now, old := sdkv1[e.Key]
	err := c.unknown(e, known)
	c.add(err)
	if old {
		err.Msg = "key " + e.Key + " is of the retired Python SDK v1"
		err.Hint = "write " + now
		return
	}
	if len(others) == 0 {
		return
	}
	todo := err.Hint
	if todo == "" {
		todo = "remove it"
	}
	if same := c.kind.instead[name]; same != "" {
		todo = "write " + same
	}
	err.Hint = name + " is a key of " + strings.Join(others, ", ") + "; " + todo
}

// others names the other kinds that have a key.
func (k *Kind) others(name string) []string {
	var names []string
	if k == nil {
		return nil
	}
	for _, other := range kinds {
		f := other.table.fields[name]
		if f != nil && !f.ReadOnly || f == nil && other.table.children[name] != nil {
			names = append(names, other.Name)
		}
	}
	return names
}

// hideSecrets hides the value of an unknown key that was probably meant to be a secret
// of the kind, or may have been: the kind needs one that nothing states.
func (c *checker) hideSecrets(prefix string, e *strictyaml.Entry, known []string) {
	if c.kind == nil {
		return
	}
	meant := join(prefix, strictyaml.Suggest(e.Key, known))
	for i := range c.kind.Fields {
		f := &c.kind.Fields[i]
		if f.Type == Secret && (f.Required && c.node(f.Name).IsNull() || f.Name == meant || strings.HasPrefix(f.Name, meant+".")) {
			c.file.Mask(e.Value)
		}
	}
}

// MaskUnknown hides the value of an unknown key if it may be a secret: by its name,
// misspelt too, by its form, or by what is beside it in the line. What is too much to
// look through is hidden as well.
func MaskUnknown(file *strictyaml.File, e *strictyaml.Entry) {
	const longestLine, mostValues = 400, 50
	line, left := file.Line(e.KeyPos), mostValues
	if len(line) > longestLine || secretText(line) ||
		mayBeSecret("", e.Key, e.Value, &left) {
		file.Mask(e.Value)
	}
}

// hide hides a value of a known field from excerpts if it may be a secret.
func (c *checker) hide(key string, n *strictyaml.Node) {
	if left := 1000; n != nil && mayBeSecret("", key, n, &left) {
		c.file.Mask(n)
	}
}

// mayBeSecret reports whether a value, or one below it, looks like a secret, or
// whether there are more than left. above is the dotted name of what it is in.
func mayBeSecret(above, key string, n *strictyaml.Node, left *int) bool {
	name := join(above, key)
	if secretName(key) {
		name = join(above, "secret")
	}
	if *left--; *left < 0 {
		return true
	}
	for i := range n.Entries {
		if mayBeSecret(name, n.Entries[i].Key, n.Entries[i].Value, left) {
			return true
		}
	}
	for _, item := range n.Items {
		if mayBeSecret(above, key, item, left) {
			return true
		}
	}
	value, _ := n.Text()
	return secret.Suspect(name, value) || secretText(value)
}

// secretWords match what no field of a kind is called, and a person may call a
// secret.
var secretWords = regexp.MustCompile(
	`(?i)((pass|pw|keys?|pem|creds?|jwt|phrase|connstr)|` +
		`(^|[^a-z])(psw|psk|pword|auth|authorization|bearer|cert|pat|otp|conn|access|sig|signature|kennwort))($|[^a-z])`)

// secretTexts match values that hold a secret: a header, a sentence that gives one away,
// and a user with a password.
var secretTexts = []*regexp.Regexp{
	regexp.MustCompile(`(?i)^(Bearer|Basic)\s+\S+$`),
	regexp.MustCompile(`(?i)(pass(word|wd|phrase|code)?|pwd|secret|token|credentials?|key)\s+(is|was)\s+\S`),
	regexp.MustCompile(`^[\w.-]+:[^\s:/@]+@[\w.-]+`),
	regexp.MustCompile(`^[\w.-]+:[^\s:/]*[!$#%^&*?~][^\s:/]*$`),
}

// secretText reports whether a value holds a secret by what it says.
func secretText(value string) bool {
	return len(secret.SuspectsIn(value)) > 0 || passwordLike(value) ||
		slices.ContainsFunc(secretTexts, func(form *regexp.Regexp) bool { return form.MatchString(value) })
}

// passwordLike reports whether a value is one word with letters, digits and the marks that
// passwords have.
func passwordLike(value string) bool {
	const shortest, longest = 8, 64
	return len(value) >= shortest && len(value) <= longest && !strings.ContainsAny(value, " /:.,") &&
		strings.ContainsAny(value, "!$#%^&*?~@") && strings.ContainsAny(value, "0123456789") &&
		strings.ContainsFunc(value, unicode.IsLetter)
}

// harmlessWords begin like a word of secrets, and are none.
var harmlessWords = regexp.MustCompile(`(?i)tokeni[sz]\w*`)

// misspelt are the words of secrets that are found with typing errors in them,
// by how many. Their first letter must be right.
var misspelt = map[string]int{
	"password": 2, "passphrase": 2, "credential": 2, "passcode": 1, "passwd": 1, "secret": 1, "token": 1,
}

// secretName reports whether a key is the name of a secret, or nearly one, or
// longer than any name is.
func secretName(key string) bool {
	const longest = 64
	if len(key) > longest || secretWords.MatchString(key) {
		return true
	}
	key = strings.ToLower(harmlessWords.ReplaceAllString(key, ""))
	for word, far := range misspelt {
		for from := range len(key) {
			if key[from] != word[0] {
				continue
			}
			for size := len(word) - 1; size <= len(word)+1 && from+size <= len(key); size++ {
				if len(strictyaml.Nearest(key[from:from+size], []string{word}, 1, far)) > 0 {
					return true
				}
			}
		}
	}
	return false
}

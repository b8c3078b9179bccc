import idna
import six

print(six.text_type("hello, ") + idna.encode("königsgäßchen").decode())

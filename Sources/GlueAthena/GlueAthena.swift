@main
struct GlueAthena {
  static func main() {}
}

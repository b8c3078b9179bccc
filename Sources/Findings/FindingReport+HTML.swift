extension FindingReport {
  /// The report as one page of HTML that needs nothing else.
  public var html: String {
    let rows = findings.map { finding in
      let hint = finding.hint.map { "<br><small>\(XMLText.escape($0))</small>" } ?? ""
      return """
        <tr><td class="\(finding.severity.rawValue)">\(finding.severity.rawValue)</td>\
        <td><code>\(XMLText.escape(finding.rule.id))</code></td><td>\(XMLText.escape(finding.place?.description ?? ""))</td>\
        <td>\(XMLText.escape(finding.message))\(hint)</td></tr>

        """
    }.joined()
    return """
      <!DOCTYPE html>
      <html lang="en">
      <meta charset="utf-8">
      <title>\(XMLText.escape(subject))</title>
      <style>
      body { font: 15px/1.5 system-ui, sans-serif; margin: 2em auto; max-width: 70em; padding: 0 1em }
      table { border-collapse: collapse; width: 100% }
      th, td { border-bottom: 1px solid #ccc; padding: .4em .6em; text-align: left; vertical-align: top }
      .critical, .high { color: #b00020 } .medium { color: #8a5a00 } .low, .info { color: #445 }
      </style>
      <h1>\(XMLText.escape(subject))</h1>
      <p>\(XMLText.escape(summary))</p>
      <table>
      <tr><th>Severity</th><th>Rule</th><th>Place</th><th>Finding</th></tr>
      \(rows)</table>
      </html>

      """
  }
}

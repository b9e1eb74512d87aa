// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdlib>
#include <map>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

namespace ecram {

/// A web server on this machine's loopback for one test: answers GET, with Range, and can misbehave.
class FileServer {
 public:
  FileServer() : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::bind(socket_, reinterpret_cast<sockaddr*>(&address), sizeof address);
    ::listen(socket_, 8);
    socklen_t size = sizeof address;
    ::getsockname(socket_, reinterpret_cast<sockaddr*>(&address), &size);
    port_ = ntohs(address.sin_port);
    thread_ = std::jthread([this](const std::stop_token& stop) { serve(stop); });
  }
  FileServer(const FileServer&) = delete;
  FileServer& operator=(const FileServer&) = delete;
  ~FileServer() {
    thread_.request_stop();
    thread_.join();
    ::close(socket_);
  }

  std::string address() const { return "http://127.0.0.1:" + std::to_string(port_); }

  void offer(const std::string& name, std::string content) {
    const std::lock_guard lock(mutex_);
    files_["/" + name] = std::move(content);
  }
  /// The next answers break off after so many bytes of content each.
  void break_off_after(std::vector<std::size_t> bytes) {
    const std::lock_guard lock(mutex_);
    breaks_ = std::move(bytes);
  }
  void ignore_ranges() {
    const std::lock_guard lock(mutex_);
    ranges_ = false;
  }
  /// Where each request so far began to read, in order.
  std::vector<std::size_t> requested() const {
    const std::lock_guard lock(mutex_);
    return requested_;
  }

 private:
  void serve(const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      pollfd ready{socket_, POLLIN, 0};
      if (::poll(&ready, 1, 20) <= 0) continue;
      const int client = ::accept(socket_, nullptr, nullptr);
      if (client < 0) continue;
      answer(client);
      ::shutdown(client, SHUT_RDWR);
      ::close(client);
    }
  }

  void answer(int client) {
    std::string request;
    char buffer[4096];
    while (request.find("\r\n\r\n") == std::string::npos) {
      const ssize_t n = ::recv(client, buffer, sizeof buffer, 0);
      if (n <= 0) return;
      request.append(buffer, static_cast<std::size_t>(n));
    }
    const std::lock_guard lock(mutex_);
    const auto file = files_.find(request.substr(4, request.find(' ', 4) - 4));
    std::size_t from = 0;
    if (const auto range = request.find("Range: bytes="); range != std::string::npos)
      from = std::strtoul(request.c_str() + range + 13, nullptr, 10);
    requested_.push_back(from);
    if (file == files_.end()) return send(client, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
    const std::string& content = file->second;
    std::string head = "HTTP/1.1 200 OK\r\n";
    if (from > 0 && ranges_) {
      if (from >= content.size())
        return send(client, "HTTP/1.1 416 Range Not Satisfiable\r\nContent-Length: 0\r\n\r\n");
      head = "HTTP/1.1 206 Partial Content\r\nContent-Range: bytes " + std::to_string(from) + "-" +
             std::to_string(content.size() - 1) + "/" + std::to_string(content.size()) + "\r\n";
    } else {
      from = 0;
    }
    std::string body = content.substr(from);
    head += "Content-Length: " + std::to_string(body.size()) + "\r\n\r\n";
    if (!breaks_.empty()) {
      body.resize(std::min(body.size(), breaks_.front()));
      breaks_.erase(breaks_.begin());
    }
    send(client, head + body);
  }

  static void send(int client, const std::string& bytes) {
    std::size_t sent = 0;
    while (sent < bytes.size()) {
      const ssize_t n = ::send(client, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
      if (n <= 0) return;
      sent += static_cast<std::size_t>(n);
    }
  }

  int socket_;
  int port_ = 0;
  mutable std::mutex mutex_;
  std::map<std::string, std::string> files_;
  std::vector<std::size_t> breaks_, requested_;
  bool ranges_ = true;
  std::jthread thread_;
};

}  // namespace ecram
